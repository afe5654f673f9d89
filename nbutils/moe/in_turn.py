"""Several models measured one after the other, so that only one is in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from torch import Tensor

from nbutils.corpora import Batch, TextError, batches
from nbutils.models import LoadedModel, check_available, load_causal_lm

T = TypeVar("T")


def in_turn(
    names: Sequence[str],
    measure: Callable[[LoadedModel], T],
    *,
    device: str = "auto",
    dtype: str = "auto",
    device_map: str = "",
) -> dict[str, T]:
    """Loads each model, measures it and lets it go before the next one is loaded.

    Args:
        names: models as `load_causal_lm` takes them; empty and repeated names are passed over.
        measure: from a loaded model to its result, which must not hold the model.
        device: as for `load_causal_lm`; passed over when `device_map` is given.
        dtype: as for `load_causal_lm`.
        device_map: "" or "auto".

    Returns:
        The result of each model by its name.

    Raises:
        ModelError: a model cannot be loaded; one that is nowhere to be found is told before the first is loaded.
    """
    names = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    for name in names:
        check_available(name)
    results: dict[str, T] = {}

    def measure_one(name: str) -> None:
        """In a function of its own, so that the model is gone before the next one is loaded."""
        loaded = load_causal_lm(
            name, device="auto" if device_map else device, dtype=dtype, device_map=device_map or None
        )
        results[loaded.name] = measure(loaded)

    for name in names:
        measure_one(name)
    return results


def windows(loaded: LoadedModel, text: str, max_tokens: int, window: int, batch_size: int) -> list[Batch]:
    """Windows of `text` for a model, at least two passages of it, as an interval needs.

    Args:
        loaded: the model, for its tokenizer.
        text: sources, as `corpora.read` takes them.
        max_tokens: tokens in all.
        window: longest sequence, in tokens.
        batch_size: sequences in a batch.

    Raises:
        TextError: the text cannot be read, or holds a single passage.
    """
    made = list(batches(text, loaded.tokenizer, max_tokens, length=window, batch_size=batch_size))
    if len({number for batch in made for number in batch.sequence.tolist()}) < 2:
        raise TextError(f"text {text!r} gives a single passage: name a longer text, or raise max_tokens.")
    return made


def windows_by_source(
    loaded: LoadedModel, text: str, max_tokens: int, window: int, batch_size: int
) -> dict[str, list[Batch]]:
    """Windows of each source in `text` apart, with as many tokens of each; passages are numbered through.

    Arguments as those of `windows`.

    Raises:
        TextError: a source cannot be read or holds a single passage.
    """
    sources = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    made, passages = {}, 0
    for source in sources:
        numbered = windows(loaded, source, max(1, max_tokens // len(sources)), window, batch_size)
        made[source] = [replace(batch, sequence=batch.sequence + passages) for batch in numbered]
        passages = 1 + max(int(batch.sequence.max()) for batch in made[source])
    return made


def passages_apart(batches: Sequence[Batch]) -> tuple[list[Batch], list[Batch]]:
    """Every second passage, and the others: what is chosen on the ones can be judged on the others."""
    return tuple(
        [_rows(batch, batch.sequence % 2 == half) for batch in batches if (batch.sequence % 2 == half).any()]
        for half in (0, 1)
    )


def _rows(batch: Batch, kept: Tensor) -> Batch:
    """Some windows of a batch [sequences], padded no further than they need."""
    width = int(batch.attention_mask[kept].sum(1).max())
    domains = tuple(domain for domain, keep in zip(batch.domains, kept.tolist(), strict=True) if keep)
    return Batch(batch.input_ids[kept, :width], batch.attention_mask[kept, :width], batch.sequence[kept], domains)
