"""What the router chose, kept as sums that do not grow with the number of tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, MoELayer
from nbutils.moe.observe import Routed, layers_at
from nbutils.moe.probe import GROUPS, wide
from nbutils.moe.routing.forward import FOLDS, Tokens, run_batches
from nbutils.moe.routing.token_counts import TokenCounter, TokenCounts
from nbutils.moe.scores import gate_scores

MEANS = ("gate_entropy", "weight_entropy", "top_score", "second_score", "top_shuffled", "second_shuffled")
SMALLEST_SCORE = 1e-30


@dataclass
class Routing:
    """Sums over the tokens that went through a model: L measured layers, E experts, top-k, G groups of passages.

    A group is of one domain; up to 100 passages of a domain each is a group of its own, beyond that they are dealt to
    100 groups. F folds put groups together, at most 25, for tables of pairs. Only `vocabulary` grows with the text:
    with the different triples of token, expert and fold.

    The top-1 expert is the one with the largest routing weight.

    Attributes:
        model: its name.
        layers: decoder index of each measured layer.
        top_k: experts chosen per token.
        domains: of the text, in the order in which they came up.
        domain: [G] int64 position of each group's domain in `domains`.
        fold: [G] int64 position of each group's fold on the first axis of `pairs`.
        tokens: [G] int64.
        loads: [G, L, E] int64 tokens for which the expert was chosen.
        sums: each [G, L] float64, sums over tokens: `gate_entropy` and `weight_entropy` (bits) of the softmax over all
            experts and of the chosen weights as shares; `top_score` and `second_score`, the two largest gate scores;
            `top_shuffled` and `second_shuffled`, the same when each expert's log score, less the token's mean over
            experts, is taken from another token of the batch, for each expert a different one.
        pairs: [F, L, E, E] int32 tokens for which both experts were chosen; the diagonal holds the loads.
        consecutive: [F, L - 1, E, E] int32 tokens by top-1 expert of a measured layer (row) and of the next (column).
        consecutive_shuffled: the same with the next layer's choice for a token of another passage, drawn from the batch
            before; tokens of the first batch and those that drew their own passage are left out.
        vocabulary: for each layer the counts of chosen experts by token and fold, folds numbered as in `fold`.
    """

    model: str
    layers: list[int]
    top_k: int
    domains: list[str]
    domain: np.ndarray
    fold: np.ndarray
    tokens: np.ndarray
    loads: np.ndarray
    sums: dict[str, np.ndarray]
    pairs: np.ndarray
    consecutive: np.ndarray
    consecutive_shuffled: np.ndarray
    vocabulary: list[TokenCounts]

    @property
    def experts(self) -> int:
        """Number of experts of a layer."""
        return self.loads.shape[-1]


@dataclass
class _LayerSums:
    """The sums of one layer, on the layer's device, and its top-1 experts in this batch and the one before."""

    layer: MoELayer
    generator: torch.Generator
    counter: TokenCounter
    sums: dict[str, Tensor] = field(default_factory=dict)
    best: Tensor | None = None
    best_before: Tensor | None = None
    sequence_before: Tensor | None = None

    def add(self, name: str, total: Tensor) -> None:
        """Adds a sum over the tokens of one batch; the first axis may be longer or shorter than before."""
        before = self.sums.get(name, total.new_zeros(0, *total.shape[1:]))
        longer, shorter = (total, before) if len(total) > len(before) else (before, total)
        longer[: len(shorter)] += shorter
        self.sums[name] = longer


def record_routing(
    loaded: LoadedModel, batches: Iterable[Batch], *, layers: Sequence[int] | None = None, seed: int = 0
) -> Routing:
    """Counts what the model's routers choose, in one plain forward pass over the batches.

    Choice and weights are the model's own, as its router hands them to the experts.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens; padding is excluded.
        layers: decoder indices of the layers to measure; all by default.
        seed: of the shuffled nulls.

    Raises:
        ModelError: the model has no MoE layer that can be seen.
        ValueError: there is no token or no such layer, a window is longer than the model's context, layers differ in
            their sizes, or a router gives a value that is not finite.
    """
    measured = layers_at(loaded, layers)
    by_layer = {
        layer.index: _LayerSums(layer, torch.Generator().manual_seed(seed), TokenCounter(layer.num_experts, FOLDS))
        for layer in measured
    }
    before = dict(zip([layer.index for layer in measured[1:]], [layer.index for layer in measured], strict=False))

    def see(layer: MoELayer, routed: Routed, tokens: Tokens) -> None:
        sums = by_layer[layer.index]
        tokens = Tokens(*(getattr(tokens, name).to(routed.router_logits.device) for name in Tokens.__annotations__))
        _add_choices(sums, routed, tokens)
        _add_scores(sums, routed, tokens)
        _add_consecutive(sums, by_layer[before[layer.index]].best if layer.index in before else None, tokens)

    domains = run_batches(loaded, batches, measured, see)
    return _collected(loaded.name, list(by_layer.values()), domains)


def _add_choices(sums: _LayerSums, routed: Routed, tokens: Tokens) -> None:
    experts, index = sums.layer.num_experts, routed.top_k_index.long()
    groups = int(tokens.groups.max()) // GROUPS * GROUPS + GROUPS
    sums.add("tokens", torch.bincount(tokens.groups, minlength=groups))
    loads = torch.bincount((tokens.groups[:, None] * experts + index).flatten(), minlength=groups * experts)
    sums.add("loads", loads.view(groups, experts))
    pairs = (tokens.folds[:, None, None] * experts + index[:, :, None]) * experts + index[:, None, :]
    sums.add("pairs", _table(pairs, experts))
    sums.counter.add(*(part.cpu().numpy() for part in (tokens.ids, index, tokens.folds)))
    sums.best = index.gather(1, routed.top_k_weights.argmax(1, keepdim=True)).squeeze(1)


def _add_scores(sums: _LayerSums, routed: Routed, tokens: Tokens) -> None:
    scores = wide(gate_scores(routed.router_logits))
    weights = wide(routed.top_k_weights).clamp_min(0)
    values = [
        _bits(scores),
        _bits(weights / weights.sum(1, keepdim=True).clamp_min(SMALLEST_SCORE)),
        *_two_largest(scores),
        *_two_largest(_shuffled_scores(scores, sums.generator)),
    ]
    by_group = scores.new_zeros(len(sums.sums["tokens"]), len(MEANS))
    sums.add("means", by_group.index_add_(0, tokens.groups, torch.stack(values, dim=1)))


def _shuffled_scores(scores: Tensor, generator: torch.Generator) -> Tensor:
    """Scores [T, E] in which each expert's comes from another token, so that experts know nothing of each other."""
    experts = scores.shape[1]
    logs = scores.clamp_min(SMALLEST_SCORE).log()
    logs = logs - logs.mean(1, keepdim=True)  # a shift of all logs of a token says nothing
    usual = logs.mean(0)
    drawn = torch.rand(logs.shape, generator=generator).argsort(0).to(logs.device)
    # Taking off the mean over experts has narrowed each of them by this factor, were they independent.
    wider = (experts / max(1, experts - 1)) ** 0.5
    return (usual + wider * (logs - usual).gather(0, drawn)).softmax(1)


def _add_consecutive(sums: _LayerSums, best_of_layer_before: Tensor | None, tokens: Tokens) -> None:
    experts, best = sums.layer.num_experts, sums.best
    if best_of_layer_before is not None:
        rows = (tokens.folds * experts + best_of_layer_before.to(best.device)) * experts
        sums.add("consecutive", _table(rows + best, experts))
        if sums.best_before is not None:
            drawn = torch.randint(len(sums.best_before), best.shape, generator=sums.generator).to(best.device)
            other = sums.sequence_before[drawn] != tokens.sequence
            sums.add("consecutive_shuffled", _table((rows + sums.best_before[drawn])[other], experts))
    sums.best_before, sums.sequence_before = best, tokens.sequence


def _table(cells: Tensor, experts: int) -> Tensor:
    """Counts [FOLDS, E, E] of cells that are numbered fold by fold and row by row."""
    counts = torch.bincount(cells.flatten(), minlength=FOLDS * experts**2)
    return counts.view(FOLDS, experts, experts).int()


def _bits(shares: Tensor) -> Tensor:
    """Entropy [T] in bits of distributions [T, n]."""
    return -torch.special.xlogy(shares, shares).sum(1) / np.log(2)


def _two_largest(scores: Tensor) -> tuple[Tensor, Tensor]:
    """The largest and the second largest [T] of scores [T, E]; zero where there is no second."""
    values = scores.topk(min(2, scores.shape[1]), dim=1).values
    return values[:, 0], values[:, 1] if values.shape[1] > 1 else torch.zeros_like(values[:, 0])


def _collected(name: str, layers: list[_LayerSums], domains: list[str]) -> Routing:
    experts = layers[0].layer.num_experts
    tokens = layers[0].sums["tokens"].cpu().numpy()
    groups = np.flatnonzero(tokens)
    folds, fold = np.unique(groups % FOLDS, return_inverse=True)
    position = np.zeros(FOLDS, dtype=np.int8)
    position[folds] = np.arange(len(folds))

    def stacked(key: str, kept: np.ndarray, parts: list[_LayerSums] = layers) -> np.ndarray:
        return np.stack([part.sums[key].cpu().numpy()[kept] for part in parts], axis=1)

    def tables(key: str) -> np.ndarray:
        if key not in layers[-1].sums:
            return np.zeros((len(folds), len(layers) - 1, experts, experts), dtype=np.int32)
        return stacked(key, folds, layers[1:])

    means = stacked("means", groups).astype(float)
    counts = [part.counter.collected() for part in layers]
    return Routing(
        model=name,
        layers=[part.layer.index for part in layers],
        top_k=int(layers[0].sums["loads"].sum() // tokens.sum()),
        domains=domains,
        domain=groups // GROUPS,
        fold=fold,
        tokens=tokens[groups],
        loads=stacked("loads", groups),
        sums={key: means[..., i] for i, key in enumerate(MEANS)},
        pairs=stacked("pairs", folds),
        consecutive=tables("consecutive"),
        consecutive_shuffled=tables("consecutive_shuffled"),
        vocabulary=[TokenCounts(part.token, part.expert, position[part.fold], part.count) for part in counts],
    )
