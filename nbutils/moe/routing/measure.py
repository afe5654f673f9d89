"""What `expert_routing` needs of each model to say where its router sends which tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nbutils.corpora import read
from nbutils.models import LoadedModel, ModelError, check_available, moe_layers
from nbutils.moe.in_turn import in_turn, windows
from nbutils.moe.layers import select_layers
from nbutils.moe.routing.record import Routing, record_routing
from nbutils.moe.routing.saturation import Choices, record_choices, saturation_table
from nbutils.moe.routing.vocabulary import specialised_tokens


@dataclass
class RoutingTables:
    """What the routers did, by model name, and tables of all models.

    Attributes:
        routings: from which most tables are made.
        tokens: of `specialised_tokens`.
        saturation: of `saturation_table` for the first model; empty without checkpoints.
    """

    routings: dict[str, Routing]
    tokens: pd.DataFrame
    saturation: pd.DataFrame


def measure_routing(
    names: Sequence[str],
    *,
    text: str,
    max_tokens: int,
    checkpoints: str = "",
    window: int = 256,
    batch_size: int = 8,
    layers: str = "all",
    device: str = "auto",
    dtype: str = "auto",
    device_map: str = "",
    resamples: int = 1000,
    seed: int = 0,
) -> RoutingTables:
    """Loads each model in turn and records where its router sends the tokens of the same text.

    Args:
        names: models as `load_causal_lm` takes them; empty and repeated names are passed over.
        text: sources, as `corpora.read` takes them.
        max_tokens: tokens to route.
        checkpoints: earlier states of the first model, names with commas; "" for none.
        window: longest sequence, in tokens.
        batch_size: sequences in a batch.
        layers: "all" or numbers and ranges of decoder layers such as "0,4,8-11".
        device: as for `load_causal_lm`; passed over when `device_map` is given.
        dtype: as for `load_causal_lm`.
        device_map: "" or "auto".
        resamples: bootstrap samples over passages.
        seed: of the shuffled nulls and the bootstrap.

    Raises:
        ModelError: a model or checkpoint cannot be loaded, or a model has one expert a layer.
        TextError: the text cannot be read, or holds a single passage.
        ValueError: a layer has no MoE, text does not fit the context, or a checkpoint is the model itself or has
            another shape or tokenizer.
    """
    read(text)
    earlier = [name.strip() for name in checkpoints.split(",") if name.strip()]
    for name in earlier:
        check_available(name)
    first = next(name.strip() for name in names if name.strip())
    place = {"device": device, "dtype": dtype, "device_map": device_map}

    if first in earlier:
        raise ValueError(f"checkpoints name the model itself, {first!r}: name earlier states of it.")

    def choices(loaded: LoadedModel) -> Choices:
        chosen = select_layers(layers, [layer.index for layer in moe_layers(loaded)])
        return record_choices(loaded, windows(loaded, text, max_tokens, window, batch_size), layers=chosen)

    def measure(loaded: LoadedModel) -> tuple[Routing, pd.DataFrame, Choices | None]:
        available = moe_layers(loaded)
        if available[0].num_experts < 2:
            raise ModelError(
                f"model {loaded.name!r} has one expert a layer, which leaves its router nothing to choose: choose a "
                "model with several"
            )
        chosen = select_layers(layers, [layer.index for layer in available])
        made = windows(loaded, text, max_tokens, window, batch_size)
        routing = record_routing(loaded, made, layers=chosen, seed=seed)
        decode = {loaded.name: lambda token: loaded.tokenizer.decode([token])}
        tokens = specialised_tokens({loaded.name: routing}, decode, seed=seed)
        return routing, tokens, choices(loaded) if earlier and loaded.name == first else None

    results = in_turn(names, measure, **place)
    before = in_turn(earlier, choices, **place)
    return RoutingTables(
        {name: routing for name, (routing, _, _) in results.items()},
        pd.concat([tokens for _, tokens, _ in results.values()], ignore_index=True),
        saturation_table(results[first][2], before, resamples, seed) if before else pd.DataFrame(),
    )
