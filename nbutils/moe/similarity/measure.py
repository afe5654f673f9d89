"""What `expert_diversity` needs of each model: tables of its weights, read from disk, and of its outputs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from nbutils.corpora import read
from nbutils.models import (
    FeedForward,
    LoadedModel,
    ModelError,
    MoELayer,
    check_available,
    moe_layers,
    stored_dense_layers,
    stored_moe_layers,
)
from nbutils.moe.in_turn import in_turn, windows_by_source
from nbutils.moe.labels import evenly_spaced
from nbutils.moe.layers import select_layers
from nbutils.moe.probe import probe
from nbutils.moe.similarity.activations import gate_activations, neuron_activations
from nbutils.moe.similarity.components import expert_components, neuron_components
from nbutils.moe.similarity.matching import matching
from nbutils.moe.similarity.outputs import output_similarity_by_layer
from nbutils.moe.similarity.regression import router_regression
from nbutils.moe.similarity.router import router_similarity
from nbutils.moe.similarity.tokens import sentence_similarity
from nbutils.moe.similarity.weights import weight_similarity
from nbutils.moe.sums import Probe, merged
from nbutils.progress import progress

DRAWN_LAYERS = 4


@dataclass
class WeightTables:
    """Tables of all models, each with a column `model`; see the function of the same name for the others.

    `experts` and `neurons` are components, of at most four layers of each model.
    """

    similarity: pd.DataFrame
    matching: pd.DataFrame
    router: pd.DataFrame
    regression: pd.DataFrame
    experts: pd.DataFrame
    neurons: pd.DataFrame


@dataclass
class OutputTables:
    """Probes by model name and tables of all models; empty where no token was measured.

    `by_text` holds rows of `output_similarity_by_layer` with a column `text`, `hidden_gates` why a model has no rows in
    `activations` and `neurons`.
    """

    probes: dict[str, Probe] = field(default_factory=dict)
    by_text: pd.DataFrame = field(default_factory=pd.DataFrame)
    sentences: pd.DataFrame = field(default_factory=pd.DataFrame)
    activations: pd.DataFrame = field(default_factory=pd.DataFrame)
    neurons: pd.DataFrame = field(default_factory=pd.DataFrame)
    hidden_gates: dict[str, str] = field(default_factory=dict)


def measure_weights(
    names: Sequence[str], *, reference: str = "", layers: str = "all", most_pairs: int | None = None, seed: int = 0
) -> WeightTables:
    """Reads the experts of each model from disk, layer by layer, and compares them; no model is built.

    Args:
        names: models as `load_causal_lm` takes them; empty and repeated names are passed over.
        reference: dense model to set beside the experts of the first one; "" for none.
        layers: "all" or numbers and ranges of decoder layers such as "0,4,8-11".
        most_pairs: pairs of experts of each layer whose neurons are matched; all by default.
        seed: of samples and of relabelled experts.

    Raises:
        ModelError: a model cannot be read, is dense, has one expert a layer, or the reference has another shape.
        ValueError: a layer has no MoE, or weights are not finite.
    """
    names = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    for name in [*names, *filter(None, [reference.strip()])]:
        check_available(name)
    dense = stored_dense_layers(reference.strip()) if reference.strip() else []
    tables: dict[str, list[pd.DataFrame]] = {}
    for name in names:
        available = stored_moe_layers(name)
        chosen = set(select_layers(layers, [layer.index for layer in available]))
        stored = [layer for layer in available if layer.index in chosen]
        drawn = [layer for layer in stored if layer.index in evenly_spaced(chosen, DRAWN_LAYERS)]
        beside = dense if name == names[0] else []
        measured: dict[str, list[pd.DataFrame]] = {}
        # Layer by layer, so that what was just read is still in the system's memory.
        for layer in progress(stored, name):
            for key, table in _of_layer(layer, beside, layer in drawn, most_pairs, seed).items():
                measured.setdefault(key, []).append(table)
        joined = {key: pd.concat(parts, ignore_index=True) for key, parts in measured.items()}
        joined["regression"] = router_regression(joined["router"], seed=seed)
        for key, table in joined.items():
            table.insert(0, "model", name)
            tables.setdefault(key, []).append(table)
    return WeightTables(**{key: pd.concat(parts, ignore_index=True) for key, parts in tables.items()})


def _of_layer(
    layer: MoELayer, reference: Sequence[FeedForward], is_drawn: bool, most_pairs: int | None, seed: int
) -> dict[str, pd.DataFrame]:
    """Tables of one layer; components only where they will be drawn."""
    tables = {
        "similarity": weight_similarity([layer], reference),
        "matching": matching([layer], reference, most_pairs=most_pairs, seed=seed),
        "router": router_similarity([layer]),
    }
    if is_drawn:
        tables["experts"] = expert_components([layer], reference)
        tables["neurons"] = neuron_components([layer], reference, seed=seed)
    return tables


def measure_outputs(
    names: Sequence[str],
    *,
    text: str,
    sentence: str,
    max_tokens: int,
    reference: str = "",
    window: int = 256,
    batch_size: int = 8,
    layers: str = "all",
    device: str = "auto",
    dtype: str = "auto",
    device_map: str = "",
    resamples: int = 1000,
    seed: int = 0,
) -> OutputTables:
    """Loads each model in turn and compares what its experts put out, on each source of text and on one sentence.

    Args:
        names: models as `load_causal_lm` takes them; empty and repeated names are passed over.
        text: sources, as `corpora.read` takes them; each gets the same share of the tokens.
        sentence: text for the token by token tables.
        max_tokens: tokens to measure; 0 loads no model and leaves all tables empty.
        reference: dense model whose layers are run on the input of the first model's experts; "" for none.
        window: longest sequence, in tokens.
        batch_size: sequences in a batch.
        layers: "all" or numbers and ranges of decoder layers such as "0,4,8-11".
        device: as for `load_causal_lm`; passed over when `device_map` is given.
        dtype: as for `load_causal_lm`.
        device_map: "" or "auto".
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Raises:
        ModelError: a model cannot be loaded, or the reference has another shape.
        TextError: the text cannot be read, or holds a single passage, from which no interval can be had.
        ValueError: a layer has no MoE, or text or sentence do not fit the context.
    """
    if not max_tokens:
        return OutputTables()
    read(text)
    dense = stored_dense_layers(reference.strip()) if reference.strip() else []
    first = next(name.strip() for name in names if name.strip())
    result = OutputTables()
    by_text, activations, neurons = [], [], []

    def measure(loaded: LoadedModel) -> pd.DataFrame:
        chosen = select_layers(layers, [layer.index for layer in moe_layers(loaded)])
        beside: Sequence[FeedForward] = dense if loaded.name == first else ()
        sources = windows_by_source(loaded, text, max_tokens, window, batch_size)
        parts = {
            source: probe(loaded, made, layers=chosen, outputs=True, reference=beside, seed=seed)
            for source, made in sources.items()
        }
        for source, part in parts.items():
            by_text.append(_similarity_on(source, loaded.name, part, resamples, seed))
        result.probes[loaded.name] = merged(list(parts.values()))
        try:
            batches = [batch for made in sources.values() for batch in made]
            activations.append(gate_activations(loaded, batches, layers=chosen, resamples=resamples, seed=seed))
            neurons.append(neuron_activations(loaded, sentence, evenly_spaced(chosen, 2)))
        except ModelError as error:
            result.hidden_gates[loaded.name] = str(error)
        return sentence_similarity(loaded, sentence, chosen[-1:])

    sentences = in_turn(names, measure, device=device, dtype=dtype, device_map=device_map)
    result.sentences = pd.concat(sentences.values(), ignore_index=True)
    result.by_text = pd.concat(by_text, ignore_index=True)
    if activations:
        result.activations = pd.concat(activations, ignore_index=True)
        result.neurons = pd.concat(neurons, ignore_index=True)
    return result


def _similarity_on(source: str, model: str, part: Probe, resamples: int, seed: int) -> pd.DataFrame:
    table = output_similarity_by_layer({model: part}, resamples, seed)
    table.insert(1, "text", source)
    return table
