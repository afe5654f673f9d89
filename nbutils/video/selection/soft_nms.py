"""Gaussian soft non-maximum suppression of intervals (Bodla et al. 2017)."""

from typing import NamedTuple

import numpy as np


class SoftNms(NamedTuple):
    """What came of each of n intervals, in the order that they were given.

    Attributes:
        rank: [n] int, 1 for the interval chosen first, 0 for those never chosen.
        score: [n], the score when the interval was chosen, or after all decays where it never was.
        rival: [n] int, index of the chosen interval that decayed the interval most, -1 where none overlaps it.
    """

    rank: np.ndarray
    score: np.ndarray
    rival: np.ndarray


def soft_nms(
    starts: np.ndarray, ends: np.ndarray, scores: np.ndarray, sigma: float, threshold: float, most: int | None = None
) -> SoftNms:
    """Chooses the best interval, lowers the scores of those that overlap it, and so on.

    A score is multiplied by exp(-IoU^2 / sigma) for each chosen interval. Of equal scores the first start goes first,
    then the first end, so that the order of the input does not matter; the input is left as it is.

    Args:
        starts: [n] in seconds.
        ends: [n], not before the starts.
        scores: [n].
        sigma: > 0; the smaller, the more an overlap costs.
        threshold: the choice ends when no score reaches it.
        most: the choice ends after as many; None for no limit.
    """
    order = np.lexsort((ends, starts))
    starts, ends = starts[order].astype(np.float64), ends[order].astype(np.float64)
    left = scores[order].astype(np.float64)
    lengths = ends - starts
    score, rank = left.copy(), np.zeros(len(left), dtype=np.int64)
    rival, strongest = np.full(len(left), -1), np.zeros(len(left))
    limit = len(left) if most is None else min(most, len(left))
    for place in range(1, limit + 1):
        best = int(left.argmax())
        if left[best] < threshold:
            break
        rank[best], score[best] = place, left[best]
        shared = np.minimum(ends, ends[best]) - np.maximum(starts, starts[best])
        np.maximum(shared, 0, out=shared)
        union = lengths + lengths[best] - shared
        iou = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
        waiting = rank == 0
        score[waiting] *= np.exp(-(iou[waiting] ** 2) / sigma)
        left[best] = -np.inf
        left[waiting] = score[waiting]
        nearer = waiting & (iou > strongest)
        strongest[nearer], rival[nearer] = iou[nearer], best
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return SoftNms(rank[back], score[back], np.where(rival >= 0, order[rival], -1)[back])
