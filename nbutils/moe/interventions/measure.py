"""What `expert_routing` needs of each model to say what its experts and its router are worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nbutils.corpora import Batch, TextError, read
from nbutils.models import LoadedModel, moe_layers
from nbutils.moe.in_turn import in_turn, passages_apart, windows
from nbutils.moe.interventions.knockout import expert_losses, router_choice_losses
from nbutils.moe.interventions.lens import expert_lens
from nbutils.moe.interventions.pruning import DRAWS_TO_JUDGE, pruning_losses, saliency
from nbutils.moe.layers import select_layers
from nbutils.moe.probe import probe

DRAWS = {0.25: 3, 0.5: DRAWS_TO_JUDGE, 0.75: 3}


@dataclass
class InterventionTables:
    """Tables of all models.

    Attributes:
        choices: of `router_choice_losses`.
        experts: of `expert_losses`, in the middle one of the measured layers.
        pruned: of `pruning_losses`.
        votes: first table of `expert_lens`, `spoken` the second.
    """

    choices: pd.DataFrame
    experts: pd.DataFrame
    pruned: pd.DataFrame
    votes: pd.DataFrame
    spoken: pd.DataFrame


def measure_interventions(
    names: Sequence[str],
    *,
    text: str,
    max_tokens: int,
    window: int = 256,
    batch_size: int = 8,
    layers: str = "all",
    device: str = "auto",
    dtype: str = "auto",
    device_map: str = "",
    seed: int = 0,
) -> InterventionTables:
    """Loads each model in turn, finds salient experts on every second passage and takes experts away on the others.

    Costs 5 L + E + 37 forward passes over half of the tokens, for L layers of E experts, and one with all experts on.

    Args:
        names: models as `load_causal_lm` takes them; empty and repeated names are passed over.
        text: sources, as `corpora.read` takes them.
        max_tokens: tokens of both halves.
        window: longest sequence, in tokens.
        batch_size: sequences in a batch.
        layers: "all" or numbers and ranges of decoder layers such as "0,4,8-11".
        device: as for `load_causal_lm`; passed over when `device_map` is given.
        dtype: as for `load_causal_lm`.
        device_map: "" or "auto".
        seed: of random choices.

    Raises:
        ModelError: a model cannot be loaded.
        TextError: the text cannot be read, or holds fewer than four passages.
        ValueError: a layer has no MoE, or text does not fit the context.
    """
    read(text)

    def measure(loaded: LoadedModel) -> InterventionTables:
        chosen = select_layers(layers, [layer.index for layer in moe_layers(loaded)])
        choosing, judging = passages_apart(_passages(loaded, text, max_tokens, window, batch_size))
        salient = saliency(probe(loaded, choosing, layers=chosen))
        return InterventionTables(
            router_choice_losses(loaded, judging, chosen, seed),
            expert_losses(loaded, judging, [chosen[len(chosen) // 2]]),
            pruning_losses(loaded, judging, salient, DRAWS, seed),
            *expert_lens(loaded, judging, chosen),
        )

    results = in_turn(names, measure, device=device, dtype=dtype, device_map=device_map)
    tables = zip(*(vars(result).values() for result in results.values()), strict=True)
    return InterventionTables(*(pd.concat(parts, ignore_index=True) for parts in tables))


def _passages(loaded: LoadedModel, text: str, max_tokens: int, window: int, batch_size: int) -> list[Batch]:
    """At least four passages, as each half needs two for an interval."""
    made = windows(loaded, text, max_tokens, window, batch_size)
    passages = {number for batch in made for number in batch.sequence.tolist()}
    if len(passages) < 4:
        raise TextError(f"text {text!r} gives {len(passages)} passages in {max_tokens} tokens: give four or more.")
    return made
