"""Several models measured one after the other, so that only one is in memory."""

from collections.abc import Sequence

import pandas as pd

from nbutils.corpora import TextError, batches, read
from nbutils.models import check_available, load_causal_lm, moe_layers
from nbutils.moe.layers import select_layers
from nbutils.moe.probe import Probe, probe
from nbutils.moe.sentence import sentence_table


def measure_models(
    names: Sequence[str],
    *,
    text: str,
    sentence: str,
    max_tokens: int,
    window: int = 256,
    batch_size: int = 8,
    layers: str = "all",
    device: str = "auto",
    dtype: str = "auto",
    device_map: str = "",
    seed: int = 0,
) -> tuple[dict[str, Probe], pd.DataFrame]:
    """Loads each model in turn, probes it on the same text and looks at one sentence.

    Args:
        names: models as `load_causal_lm` takes them; empty and repeated names are passed over.
        text: sources, as `corpora.read` takes them.
        sentence: text for the token by token table.
        max_tokens: tokens to measure.
        window: longest sequence, in tokens.
        batch_size: sequences in a batch.
        layers: "all" or numbers and ranges of decoder layers such as "0,4,8-11".
        device: as for `load_causal_lm`; passed over when `device_map` is given.
        dtype: as for `load_causal_lm`.
        device_map: "" or "auto".
        seed: of the shuffled null.

    Returns:
        Probes by model name, and the rows of `sentence_table` of all models.

    Raises:
        ModelError: a model cannot be loaded; one that is nowhere to be found is told before the first is loaded.
        TextError: the text cannot be read, or holds a single passage, from which no interval can be had.
        ValueError: a layer has no MoE, or text or sentence do not fit the context.
    """
    names = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    read(text)
    for name in names:
        check_available(name)
    probes, sentences = {}, []

    def measure(name: str) -> None:
        """In a function of its own, so that the model is gone before the next one is loaded."""
        loaded = load_causal_lm(
            name, device="auto" if device_map else device, dtype=dtype, device_map=device_map or None
        )
        chosen = select_layers(layers, [layer.index for layer in moe_layers(loaded)])
        windows = batches(text, loaded.tokenizer, max_tokens, length=window, batch_size=batch_size)
        if len({number for batch in windows for number in batch.sequence.tolist()}) < 2:
            raise TextError(f"text {text!r} gives a single passage: name a longer text, or raise max_tokens.")
        sentences.append(sentence_table(loaded, sentence, chosen))
        probes[loaded.name] = probe(loaded, windows, layers=chosen, seed=seed)

    for name in names:
        measure(name)
    return probes, pd.concat(sentences, ignore_index=True)
