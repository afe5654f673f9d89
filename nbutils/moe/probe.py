"""One forward pass that measures every expert on every token.

Tokens stream through in batches and only sums are kept, so memory does not grow with their number.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from nbutils.corpora import Batch
from nbutils.kernels import ExpertStatistics, OutputComparison, compare_outputs, expert_norms
from nbutils.models import FeedForward, LoadedModel, MoELayer
from nbutils.moe.observe import Routed, check_context, layers_at, observed
from nbutils.moe.outputs import OutputSums, others_beside
from nbutils.moe.scores import AGREEMENT, gate_scores, random_tie_order, rank_agreement, ranks_of
from nbutils.moe.sums import Probe
from nbutils.progress import progress

# Passages are dealt to this many groups, the clusters of the bootstrap: enough for an interval, few enough to keep sums
# for each.
GROUPS = 100


@dataclass
class _Accumulator:
    """The sums of one layer, on the layer's device, and the norm ranks [T, E] of the batch before.

    `others` are run beside the experts, by name; None where outputs are not compared.
    """

    layer: MoELayer
    generator: torch.Generator
    others: dict[str, Callable[[Tensor], Tensor]] | None
    norm_ranks_before: Tensor | None = None
    sums: dict[str, Tensor] = field(default_factory=dict)

    def add(self, name: str, total: Tensor) -> None:
        """Adds a sum over the tokens of one batch."""
        self.sums[name] = self.sums[name] + total if name in self.sums else total

    def add_by_group(self, name: str, values: Tensor, groups: Tensor) -> None:
        """Adds values [T, ...] to the sums of their groups of passages."""
        self.add(name, wide(values).new_zeros(GROUPS, *values.shape[1:]).index_add_(0, groups, wide(values)))


@torch.no_grad()
def probe(
    loaded: LoadedModel,
    batches: Iterable[Batch],
    *,
    layers: Sequence[int] | None = None,
    outputs: bool = False,
    reference: Sequence[FeedForward] = (),
    seed: int = 0,
) -> Probe:
    """Measures every expert of a model on every token, in one forward pass over the batches.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens; padding is excluded.
        layers: decoder indices of the layers to measure; all by default.
        outputs: whether to compare the experts' outputs too, for which they are held for a block of tokens.
        reference: layers of a dense model to run on the experts' input and to compare with them, if outputs are.
        seed: of the shuffled null and of the order in which equal scores are ranked.

    Raises:
        ModelError: `reference` has other layers or another hidden size.
        ValueError: a window is longer than the model's context, or a router or expert gives a value that is not finite.
    """
    model = loaded.model
    chosen_layers = layers_at(loaded, layers)
    others = others_beside(loaded, chosen_layers, reference) if outputs else {}
    accumulators = {
        layer.index: _Accumulator(layer, torch.Generator().manual_seed(seed), others.get(layer.index))
        for layer in chosen_layers
    }
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


def _rows(routed: Routed, valid: Tensor) -> Routed:
    return Routed(*(getattr(routed, name)[valid] for name in Routed.__dataclass_fields__))


def _measure(accumulator: _Accumulator, routed: Routed, groups: Tensor) -> None:
    layer, experts = accumulator.layer, accumulator.layer.num_experts
    if accumulator.others is None:
        statistics = expert_norms(layer.experts, routed.hidden_states)
    else:
        statistics, comparison = compare_outputs(layer.experts, routed.hidden_states, [*accumulator.others.values()])
        _add_comparison(accumulator, comparison, groups)
    _check_finite(layer, routed, statistics)
    scores, norms = gate_scores(routed.router_logits), statistics.norm
    score_ranks = ranks_of(random_tie_order(routed.router_logits, accumulator.generator))
    norm_ranks = ranks_of(random_tie_order(norms, accumulator.generator))
    best = routed.top_k_index.gather(1, routed.top_k_weights.argmax(1, keepdim=True))
    for name, value in rank_agreement(score_ranks, norm_ranks, best).items():
        accumulator.add_by_group(name, value, groups)
    _add_shuffled(accumulator, score_ranks, best, groups)
    accumulator.norm_ranks_before = norm_ranks
    pairs = (score_ranks * experts + norm_ranks).flatten()
    accumulator.add("rank_counts", torch.bincount(pairs, minlength=experts**2))
    moments = [torch.ones_like(scores), scores, norms, scores**2, norms**2, scores * norms]
    accumulator.add_by_group("moments", torch.stack(moments, dim=-1), groups)
    picked = torch.zeros_like(scores).scatter_(1, routed.top_k_index, 1.0)
    accumulator.add("chosen", wide(picked).sum(0))
    accumulator.add("chosen_norm", wide(picked * norms).sum(0))
    weights = torch.zeros_like(scores).scatter_(1, routed.top_k_index, routed.top_k_weights.to(scores.dtype))
    accumulator.add("chosen_weighted_norm", wide(weights * norms).sum(0))
    share = statistics.above / layer.intermediate_size
    activations = torch.stack([statistics.abs_sum, statistics.square_sum, share], dim=-1)
    accumulator.add("activations", wide(activations).sum(0))
    largest = statistics.abs_max.amax(0)
    accumulator.sums["activation_max"] = torch.maximum(accumulator.sums.get("activation_max", largest), largest)


def _add_shuffled(accumulator: _Accumulator, score_ranks: Tensor, best: Tensor, groups: Tensor) -> None:
    """Agreement of each token's scores with the norms of a token drawn from the batch before.

    `corpora.batches` mixes its batches, so that the two tokens are almost always of different passages.
    """
    before = accumulator.norm_ranks_before
    if before is None:
        return
    drawn = torch.randint(len(before), (len(score_ranks),), generator=accumulator.generator).to(before.device)
    for name, value in rank_agreement(score_ranks, before[drawn], best).items():
        accumulator.add_by_group(f"shuffled_{name}", value, groups)
    accumulator.add_by_group("shuffled_tokens", torch.ones_like(value), groups)


def _add_comparison(accumulator: _Accumulator, comparison: OutputComparison, groups: Tensor) -> None:
    for name in ("cosine", "angular", "direction"):
        accumulator.add(name, getattr(comparison, name))
    for name in ("mean_cosine", "mean_angular"):
        accumulator.add_by_group(name, getattr(comparison, name), groups)


def wide(values: Tensor) -> Tensor:
    """Float64, in which sums over millions of tokens are exact enough; float32 where the device has nothing wider."""
    return values.float() if values.device.type == "mps" else values.double()


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

    def shuffled(key: str) -> np.ndarray:
        if f"shuffled_{key}" not in accumulators[layers[0].index].sums:
            return np.zeros((GROUPS, len(layers)))
        return stacked(f"shuffled_{key}", 1)

    if not tokens.sum():
        raise ValueError("there is no token to measure: give at least one batch.")
    used = tokens > 0
    return Probe(
        model=name,
        layers=[layer.index for layer in layers],
        rank_counts=stacked("rank_counts").reshape(len(layers), layers[0].num_experts, -1),
        tokens=tokens[used],
        sums={key: stacked(key, 1)[used] for key in AGREEMENT},
        shuffled={key: shuffled(key)[used] for key in AGREEMENT},
        shuffled_tokens=shuffled("tokens")[used, 0],
        moments=stacked("moments", 1)[used],
        chosen=stacked("chosen"),
        chosen_norm=stacked("chosen_norm"),
        chosen_weighted_norm=stacked("chosen_weighted_norm"),
        neurons=layers[0].intermediate_size,
        activations=stacked("activations"),
        activation_max=stacked("activation_max"),
        outputs=_output_sums(accumulators[layers[0].index], stacked, tokens),
    )


def _output_sums(first: _Accumulator, stacked: Callable[..., np.ndarray], tokens: np.ndarray) -> OutputSums | None:
    if first.others is None:
        return None
    return OutputSums(
        members=[*map(str, range(first.layer.num_experts)), *first.others],
        cosine=stacked("cosine"),
        angular=stacked("angular"),
        direction=stacked("direction"),
        cosine_by_group=stacked("mean_cosine", 1)[tokens > 0],
        angular_by_group=stacked("mean_angular", 1)[tokens > 0],
    )
