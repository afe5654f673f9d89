"""What `router_norms` needs of each model."""

from collections.abc import Sequence

import pandas as pd

from nbutils.corpora import read
from nbutils.models import LoadedModel, moe_layers
from nbutils.moe.in_turn import in_turn, windows
from nbutils.moe.layers import select_layers
from nbutils.moe.norms.sentence import sentence_table
from nbutils.moe.probe import probe
from nbutils.moe.sums import Probe


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
    read(text)

    def measure(loaded: LoadedModel) -> tuple[Probe, pd.DataFrame]:
        chosen = select_layers(layers, [layer.index for layer in moe_layers(loaded)])
        measured = windows(loaded, text, max_tokens, window, batch_size)
        tokens = sentence_table(loaded, sentence, chosen)
        return probe(loaded, measured, layers=chosen, seed=seed), tokens

    results = in_turn(names, measure, device=device, dtype=dtype, device_map=device_map)
    probes = {name: result for name, (result, _) in results.items()}
    return probes, pd.concat([tokens for _, tokens in results.values()], ignore_index=True)
