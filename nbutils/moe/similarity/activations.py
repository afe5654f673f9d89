"""How many of the experts' neurons answer to a token: activated gates, and what enters the down projections."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from nbutils.corpora import Batch, batch_of
from nbutils.models import LoadedModel, ModelError, MoELayer
from nbutils.moe.observe import Routed, check_context, layers_at, observed
from nbutils.moe.probe import GROUPS
from nbutils.moe.sums import Probe
from nbutils.statistics import percentile_interval, resampled_sums


@torch.no_grad()
def gate_activations(
    loaded: LoadedModel,
    batches: Iterable[Batch],
    *,
    layers: Sequence[int] | None = None,
    threshold: float = 1e-3,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of the neurons of all experts with |sigma(W_gate x)| above `threshold` (Lo et al., appendix H).

    Unlike the activations that `probe` sums, these have not met the up projection yet. Experts without a gate have
    sigma(W_up x) in its place.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens; padding is excluded.
        layers: decoder indices; all by default.
        threshold: 0.001 in the paper.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Returns:
        One row per layer: `model`, `layer` (-1: mean over layers), `share` with `low` and `high` (95 %, over passages),
        `passages`.

    Raises:
        ModelError: the experts keep their activation function to themselves.
    """
    chosen_layers = layers_at(loaded, layers)
    activate = {layer.index: activated_gate(layer) for layer in chosen_layers}
    rows = {layer.index: row for row, layer in enumerate(chosen_layers)}
    above, tokens = torch.zeros(GROUPS, len(rows), dtype=torch.float64), np.zeros(GROUPS)
    for batch in batches:
        check_context(loaded, batch.input_ids.shape[1])
        valid = batch.attention_mask.flatten().bool()
        groups = (batch.sequence % GROUPS).repeat_interleave(batch.input_ids.shape[1])[valid]
        tokens += np.bincount(groups, minlength=GROUPS)

        def see(layer: MoELayer, routed: Routed, valid=valid, groups=groups) -> None:
            x = routed.hidden_states[valid.to(routed.hidden_states.device)]
            shares = sum(
                (activate[layer.index](expert, x).abs() > threshold).double().mean(-1).cpu()
                for expert in range(layer.num_experts)
            )
            above[:, rows[layer.index]].index_add_(0, groups, shares / layer.num_experts)

        with observed(chosen_layers, see):
            loaded.model(
                batch.input_ids.to(loaded.model.device),
                attention_mask=batch.attention_mask.to(loaded.model.device),
                use_cache=False,
            )
    return _shares(loaded.name, [*rows], above.numpy()[tokens > 0], tokens[tokens > 0], resamples, seed)


@torch.no_grad()
def neuron_activations(loaded: LoadedModel, sentence: str, layers: Sequence[int], position: int = -1) -> pd.DataFrame:
    """sigma(W_gate x) of every neuron of every expert for one token of a sentence (Lo et al., figure 12).

    Args:
        loaded: a model with MoE layers.
        sentence: text that fits the model's context.
        layers: decoder indices.
        position: of the token; the last by default.

    Returns:
        One row per layer, expert and neuron: `model`, `layer`, `token` (its text), `expert`, `neuron`, `activation`,
        `chosen` (whether the model chose the expert for this token).

    Raises:
        ValueError: the sentence is empty or longer than the context.
        ModelError: the experts keep their activation function to themselves.
    """
    batch = batch_of(sentence, loaded.tokenizer)
    check_context(loaded, batch.input_ids.shape[1])
    word = loaded.tokenizer.decode([batch.input_ids[0, position]])
    chosen_layers = layers_at(loaded, layers)
    activate = {layer.index: activated_gate(layer) for layer in chosen_layers}
    frames: list[pd.DataFrame] = []

    def see(layer: MoELayer, routed: Routed) -> None:
        x, chosen = routed.hidden_states[position][None], routed.top_k_index[position].tolist()
        for expert in range(layer.num_experts):
            values = activate[layer.index](expert, x)[0].float().cpu().numpy()
            where = {"model": loaded.name, "layer": layer.index, "token": word, "expert": expert}
            neurons = {"neuron": np.arange(len(values)), "activation": values, "chosen": expert in chosen}
            frames.append(pd.DataFrame(where | neurons))

    with observed(chosen_layers, see):
        loaded.model(batch.input_ids.to(loaded.model.device), use_cache=False)
    return pd.concat(frames, ignore_index=True)


def activations_by_expert(probes: Mapping[str, Probe]) -> pd.DataFrame:
    """Activations h that enter the experts' down projections, over all measured tokens and neurons.

    Returns:
        One row per model, layer and expert: `model`, `layer`, `expert`, `mean_abs` (of |h|), `rms`, `largest` (|h|),
        `active` (share of |h| above 0.001), `sparseness` (1 - (mean |h|)^2 / mean h^2 over tokens and neurons, Treves
        and Rolls 1991: 0 when all are as large, .36 when h is normal, towards 1 when few carry everything). Empty when
        there are no probes.
    """
    frames = []
    for name, probe in probes.items():
        layers, experts = probe.activation_max.shape
        absolute, square, active = np.moveaxis(probe.activations, -1, 0) / probe.tokens.sum()
        index = pd.MultiIndex.from_product([[name], probe.layers, range(experts)], names=["model", "layer", "expert"])
        mean, mean_square = absolute / probe.neurons, square / probe.neurons
        columns = {
            "mean_abs": mean,
            "rms": np.sqrt(mean_square),
            "largest": probe.activation_max,
            "active": active,
            "sparseness": 1 - mean**2 / np.where(mean_square > 0, mean_square, np.nan),
        }
        values = {key: value.reshape(layers * experts) for key, value in columns.items()}
        frames.append(pd.DataFrame(values, index=index).reset_index())
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def activated_gate(layer: MoELayer) -> Callable[[int, Tensor], Tensor]:
    """sigma(W_gate x) [T, I] of an expert of `layer` for tokens [T, H].

    Raises:
        ModelError: the experts' activation is not a function of the gate that they name, as GPT-OSS's is not.
    """
    activation = getattr(layer.experts, "act_fn", None)
    if activation is None or layer.experts.has_bias:
        raise ModelError(
            f"experts of {type(layer.experts).__name__} keep their activation function to themselves, so that their "
            "gates cannot be seen by themselves"
        )

    def run(expert: int, hidden_states: Tensor) -> Tensor:
        gate = layer.gate(expert) if layer.experts.has_gate else layer.up(expert)
        return activation(F.linear(hidden_states, gate))

    return run


def _shares(
    model: str, layers: list[int], above: np.ndarray, tokens: np.ndarray, resamples: int, seed: int
) -> pd.DataFrame:
    def of(totals: np.ndarray) -> np.ndarray:
        shares = totals[..., :-1] / totals[..., -1:]
        return np.concatenate([shares, shares.mean(-1, keepdims=True)], axis=-1)

    sums = np.column_stack([above, tokens])
    low, high = percentile_interval(of(resampled_sums(sums, resamples, seed)))
    columns = {"share": of(sums.sum(0)), "low": low, "high": high, "passages": len(tokens)}
    return pd.DataFrame({"model": model, "layer": [*layers, -1]} | columns)
