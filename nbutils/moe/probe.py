"""One forward pass that measures every expert on every token.

Tokens stream through in batches and only sums are kept, so memory does not grow with their number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from nbutils.corpora import Batch
from nbutils.kernels import ExpertStatistics, expert_norms
from nbutils.models import LoadedModel, MoELayer, moe_layers
from nbutils.moe.observe import Routed, observed
from nbutils.progress import progress

# Passages are dealt to this many groups, the clusters of the bootstrap: enough for an interval, few enough to keep sums
# for each.
GROUPS = 100
AGREEMENT = ("top_largest", "same_rank_below_top", "smallest_scores_high", "spearman")
MOMENTS = ("tokens", "score", "norm", "score_squared", "norm_squared", "score_norm")


@dataclass
class Probe:
    """Sums over the tokens that went through a model; L measured layers, E experts, G = 100 groups of passages.

    Score is the softmax of the router's logits over all experts, norm the L2 norm of an expert's unweighted output.

    Attributes:
        model: its name.
        layers: decoder index of each measured layer.
        top_k: experts chosen for each token.
        rank_counts: [L, E, E] tokens by score rank and norm rank, 0 the largest.
        tokens: [G] measured tokens.
        sums: per group and layer [G, L], sums over tokens of what `rank_agreement` gives: `top_largest` (the top expert
            has the largest norm), `same_rank_below_top` (share of the other score ranks with the same norm rank),
            `smallest_scores_high` (the smallest norm has a score in the upper half), `spearman` (of score and norm over
            experts); and each with `shuffled_` in front, for the norms of another token of the same batch.
        moments: [G, L, E, 6] over tokens, in the order of `MOMENTS`.
        chosen: [L, E] tokens routed to the expert; `chosen_norm` sum of its norms over those.
        neurons: of an expert.
        activations: [L, E, 3] sums of |h| and h^2 over tokens and neurons, and of the share of neurons above the
            threshold; `activation_max` [L, E] largest |h|.
    """

    model: str
    layers: list[int]
    top_k: int
    rank_counts: np.ndarray
    tokens: np.ndarray
    sums: dict[str, np.ndarray]
    moments: np.ndarray
    chosen: np.ndarray
    chosen_norm: np.ndarray
    neurons: int
    activations: np.ndarray
    activation_max: np.ndarray


@dataclass
class _Accumulator:
    """The sums of one layer, on the layer's device."""

    layer: MoELayer
    generator: torch.Generator
    sums: dict[str, Tensor] = field(default_factory=dict)

    def add(self, name: str, total: Tensor) -> None:
        """Adds a sum over the tokens of one batch."""
        self.sums[name] = self.sums[name] + total if name in self.sums else total

    def add_by_group(self, name: str, values: Tensor, groups: Tensor) -> None:
        """Adds values [T, ...] to the sums of their groups of passages."""
        self.add(name, wide(values).new_zeros(GROUPS, *values.shape[1:]).index_add_(0, groups, wide(values)))


@torch.no_grad()
def probe(
    loaded: LoadedModel, batches: Iterable[Batch], *, layers: Sequence[int] | None = None, seed: int = 0
) -> Probe:
    """Measures every expert of a model on every token, in one forward pass over the batches.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens; padding is excluded.
        layers: decoder indices of the layers to measure; all by default.
        seed: of the shuffled null and of the order in which equal scores are ranked.

    Raises:
        ValueError: a window is longer than the model's context, or a router or expert gives a value that is not finite.
    """
    model = loaded.model
    chosen_layers = [layer for layer in moe_layers(loaded) if layers is None or layer.index in set(layers)]
    accumulators = {layer.index: _Accumulator(layer, torch.Generator().manual_seed(seed)) for layer in chosen_layers}
    tokens = np.zeros(GROUPS)
    for batch in progress(batches, loaded.name):
        check_context(loaded, batch.input_ids.shape[1])
        valid = batch.attention_mask.flatten().bool()
        groups = (batch.sequence % GROUPS).repeat_interleave(batch.input_ids.shape[1])[valid]
        tokens += np.bincount(groups, minlength=GROUPS)

        def see(layer: MoELayer, routed: Routed, valid=valid, groups=groups) -> None:
            device = routed.hidden_states.device
            _measure(accumulators[layer.index], _rows(routed, valid.to(device)), groups.to(device))

        with observed(chosen_layers, see):
            model(
                input_ids=batch.input_ids.to(model.device),
                attention_mask=batch.attention_mask.to(model.device),
                use_cache=False,
                logits_to_keep=1,
            )
    return _collected(loaded.name, chosen_layers, accumulators, tokens)


def check_context(loaded: LoadedModel, length: int) -> None:
    """Raises ValueError when `length` tokens do not fit the model's context."""
    context = getattr(loaded.model.config.get_text_config(), "max_position_embeddings", None)
    if context is not None and length > context:
        raise ValueError(
            f"{length} tokens do not fit the {context}-token context of {loaded.name!r}: shorten the text or window."
        )


def _rows(routed: Routed, valid: Tensor) -> Routed:
    return Routed(*(getattr(routed, name)[valid] for name in Routed.__dataclass_fields__))


def _measure(accumulator: _Accumulator, routed: Routed, groups: Tensor) -> None:
    layer, experts = accumulator.layer, accumulator.layer.num_experts
    statistics = expert_norms(layer.experts, routed.hidden_states)
    _check_finite(layer, routed, statistics)
    scores, norms = gate_scores(routed.router_logits), statistics.norm
    score_ranks = ranks_of(random_tie_order(routed.router_logits, accumulator.generator))
    norm_ranks = ranks_of(random_tie_order(norms, accumulator.generator))
    best = routed.top_k_index.gather(1, routed.top_k_weights.argmax(1, keepdim=True))
    shuffle = torch.randperm(len(norms), generator=accumulator.generator).to(norms.device)
    for prefix, other in (("", norm_ranks), ("shuffled_", norm_ranks[shuffle])):
        for name, value in rank_agreement(score_ranks, other, best).items():
            accumulator.add_by_group(prefix + name, value, groups)
    pairs = (score_ranks * experts + norm_ranks).flatten()
    accumulator.add("rank_counts", torch.bincount(pairs, minlength=experts**2))
    moments = [torch.ones_like(scores), scores, norms, scores**2, norms**2, scores * norms]
    accumulator.add_by_group("moments", torch.stack(moments, dim=-1), groups)
    picked = torch.zeros_like(scores).scatter_(1, routed.top_k_index, 1.0)
    accumulator.add("chosen", wide(picked).sum(0))
    accumulator.add("chosen_norm", wide(picked * norms).sum(0))
    share = statistics.above / layer.intermediate_size
    activations = torch.stack([statistics.abs_sum, statistics.square_sum, share], dim=-1)
    accumulator.add("activations", wide(activations).sum(0))
    largest = statistics.abs_max.amax(0)
    accumulator.sums["activation_max"] = torch.maximum(accumulator.sums.get("activation_max", largest), largest)


def wide(values: Tensor) -> Tensor:
    """Float64, in which sums over millions of tokens are exact enough; float32 where the device has nothing wider."""
    return values.float() if values.device.type == "mps" else values.double()


def gate_scores(router_logits: Tensor) -> Tensor:
    """Softmax over all experts [T, E] float32; a router that returns probabilities (Gemma 4) is taken at its word."""
    values = router_logits.float()
    if (values >= 0).all() and torch.allclose(values.sum(-1), values.new_ones(()), atol=1e-2):
        return values
    return values.softmax(-1)


def random_tie_order(values: Tensor, generator: torch.Generator) -> Tensor:
    """Experts [T, E] from the largest value to the smallest, equal values in random order.

    Scores in bfloat16 tie often; ranking ties by the expert's number in scores and norms would look like agreement.
    """
    columns = torch.randperm(values.shape[-1], generator=generator).to(values.device)
    return columns[values[:, columns].argsort(dim=-1, descending=True)]


def ranks_of(order: Tensor) -> Tensor:
    """Rank [T, E] of each expert, 0 the first, from experts in order [T, E]."""
    positions = torch.arange(order.shape[-1], device=order.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, positions)


def rank_agreement(score_ranks: Tensor, norm_ranks: Tensor, best: Tensor) -> dict[str, Tensor]:
    """Agreement of two rankings of E experts for each of T tokens, [T] each; `best` [T, 1] is the top expert."""
    experts = score_ranks.shape[-1]
    same = (score_ranks == norm_ranks).float()
    difference = (score_ranks - norm_ranks).float().square().sum(-1)
    smallest = norm_ranks.argmax(-1, keepdim=True)
    return {
        "top_largest": (norm_ranks.gather(1, best) == 0).float().squeeze(1),
        "same_rank_below_top": (same * (score_ranks > 0)).sum(-1) / max(1, experts - 1),
        "smallest_scores_high": (score_ranks.gather(1, smallest) < experts // 2).float().squeeze(1),
        "spearman": 1 - 6 * difference / max(1, experts * (experts**2 - 1)),
    }


def _check_finite(layer: MoELayer, routed: Routed, statistics: ExpertStatistics) -> None:
    if not torch.isfinite(routed.hidden_states).all():
        raise ValueError(f"layer {layer.index} receives values that are not finite: weights before it hold NaN or inf.")
    if not torch.isfinite(routed.router_logits).all():
        raise ValueError(f"the router of layer {layer.index} gives values that are not finite: check its weights.")
    bad = ~torch.isfinite(statistics.norm).all(0)
    if bad.any():
        expert = int(bad.nonzero()[0])
        raise ValueError(
            f"expert {expert} of layer {layer.index} gives an output that is not finite: its weights hold NaN or inf, "
            "or overflow in this dtype (try dtype='float32')."
        )


def _collected(name: str, layers: list[MoELayer], accumulators: dict[int, _Accumulator], tokens: np.ndarray) -> Probe:
    def stacked(key: str, axis: int = 0) -> np.ndarray:
        return np.stack([accumulators[layer.index].sums[key].cpu().numpy() for layer in layers], axis=axis)

    if not tokens.sum():
        raise ValueError("there is no token to measure: give at least one batch.")
    used = tokens > 0
    return Probe(
        model=name,
        layers=[layer.index for layer in layers],
        top_k=layers[0].top_k,
        rank_counts=stacked("rank_counts").reshape(len(layers), layers[0].num_experts, -1),
        tokens=tokens[used],
        sums={key: stacked(key, 1)[used] for part in AGREEMENT for key in (part, f"shuffled_{part}")},
        moments=stacked("moments", 1)[used],
        chosen=stacked("chosen"),
        chosen_norm=stacked("chosen_norm"),
        neurons=layers[0].intermediate_size,
        activations=stacked("activations"),
        activation_max=stacked("activation_max"),
    )
