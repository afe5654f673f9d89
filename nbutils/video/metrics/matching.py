"""Predicted against annotated clips: best overlap, one-to-one matching, average precision."""

import numpy as np
from numba import njit

from nbutils.video.metrics.tables import Intervals


def best_tious(predicted: Intervals, true: Intervals) -> np.ndarray:
    """Largest temporal IoU [P] of each predicted clip with any annotated clip of its window; 0 without one."""
    return _best_tious(*predicted[:3], *true[:3])


def match(predicted: Intervals, true: Intervals, thresholds: np.ndarray) -> np.ndarray:
    """Which predicted clips match an annotated one, when each annotated clip is given away once.

    In order of rank each clip takes, among the annotated clips that are left, the one with the largest temporal IoU, if
    that reaches the threshold. A second clip on the same annotated one is a false positive, as in the evaluations of
    ActivityNet (Caba Heilbron et al., CVPR 2015) and QVHighlights (Lei et al., arXiv 2107.09609).

    Args:
        predicted: [P] ranked clips.
        true: annotated clips of the same windows.
        thresholds: [K] smallest temporal IoU of a match.

    Returns:
        [P, K] whether the clip matches.
    """
    return _match(*predicted[:3], *true[:3], np.asarray(thresholds, dtype=float))


def average_precision(hits: np.ndarray, offsets: np.ndarray, annotated: np.ndarray) -> np.ndarray:
    """Area under the interpolated precision-recall curve of each window.

    The precision at a recall is the largest at that or any higher recall, and each match adds one step of recall, which
    is the all-point interpolation of ActivityNet and QVHighlights.

    Args:
        hits: [P, K] matches of ranked clips.
        offsets: [W + 1] where the clips of each window begin.
        annotated: [W] annotated clips of each window.

    Returns:
        [W, K], 0 in a window without predictions, NaN in one without annotated clips.
    """
    return _average_precision(hits, offsets, annotated)


@njit(cache=True, nogil=True)
def _tiou(start, end, other_start, other_end):
    """Zero where the clips do not overlap, so that clips without length match nothing."""
    shared = min(end, other_end) - max(start, other_start)
    if shared <= 0:
        return 0.0
    return shared / ((end - start) + (other_end - other_start) - shared)


@njit(cache=True, nogil=True)
def _best_tious(start, end, offsets, true_start, true_end, true_offsets):
    best = np.zeros(len(start))
    for window in range(len(offsets) - 1):
        for i in range(offsets[window], offsets[window + 1]):
            for j in range(true_offsets[window], true_offsets[window + 1]):
                best[i] = max(best[i], _tiou(start[i], end[i], true_start[j], true_end[j]))
    return best


@njit(cache=True, nogil=True)
def _match(start, end, offsets, true_start, true_end, true_offsets, thresholds):
    hits = np.zeros((len(start), len(thresholds)), np.bool_)
    taken = np.zeros((len(true_start), len(thresholds)), np.bool_)
    lowest = thresholds.min()
    for window in range(len(offsets) - 1):
        first, last = true_offsets[window], true_offsets[window + 1]
        tious = np.zeros(last - first)
        for i in range(offsets[window], offsets[window + 1]):
            for j in range(first, last):
                tious[j - first] = _tiou(start[i], end[i], true_start[j], true_end[j])
            if last == first or tious.max() < lowest:
                continue
            for k in range(len(thresholds)):
                best, best_tiou = -1, 0.0
                for j in range(first, last):
                    if not taken[j, k] and tious[j - first] >= thresholds[k] and tious[j - first] > best_tiou:
                        best, best_tiou = j, tious[j - first]
                if best >= 0:
                    taken[best, k] = True
                    hits[i, k] = True
    return hits


@njit(cache=True, nogil=True)
def _average_precision(hits, offsets, annotated):
    areas = np.zeros((len(annotated), hits.shape[1]))
    for window in range(len(annotated)):
        for k in range(hits.shape[1]):
            if annotated[window] == 0:
                areas[window, k] = np.nan
                continue
            first, last = offsets[window], offsets[window + 1]
            matched = hits[first:last, k].sum()
            precision = 0.0
            # From the last rank up, so that the largest precision at a higher recall is known.
            for i in range(last - 1, first - 1, -1):
                if hits[i, k]:
                    precision = max(precision, matched / (i - first + 1))
                    areas[window, k] += precision / annotated[window]
                    matched -= 1
    return areas
