"""What a router's scores and the experts' norms say of one token: scores, ranks and how far two rankings agree."""

import torch
from torch import Tensor

AGREEMENT = ("top_largest", "same_rank_below_top", "smallest_scores_high", "spearman")


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
    """Agreement of two rankings of E experts for each of T tokens.

    Args:
        score_ranks: [T, E], 0 the top score.
        norm_ranks: [T, E], 0 the largest norm.
        best: [T, 1] the expert with the largest routing weight.

    Returns:
        [T] each: `top_largest`, `best` has the largest norm; `same_rank_below_top`, the share of the experts below the
        top score that have the same rank by score and by norm among themselves (the top-scored one is taken out of both
        rankings, or its agreement would make room for theirs); `smallest_scores_high`, the smallest norm has a score in
        the upper half; `spearman`, of score and norm over experts.
    """
    experts = score_ranks.shape[-1]
    top = score_ranks.argmin(-1, keepdim=True)
    norm_ranks_below = norm_ranks - (norm_ranks > norm_ranks.gather(1, top)).long()
    same_below = (score_ranks - 1 == norm_ranks_below) & (score_ranks > 0)
    difference = (score_ranks - norm_ranks).float().square().sum(-1)
    smallest = norm_ranks.argmax(-1, keepdim=True)
    return {
        "top_largest": (norm_ranks.gather(1, best) == 0).float().squeeze(1),
        "same_rank_below_top": same_below.sum(-1) / max(1, experts - 1),
        "smallest_scores_high": (score_ranks.gather(1, smallest) < experts // 2).float().squeeze(1),
        "spearman": 1 - 6 * difference / max(1, experts * (experts**2 - 1)),
    }
