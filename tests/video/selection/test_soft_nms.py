import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.selection.soft_nms import soft_nms


def plain_soft_nms(intervals, sigma, threshold, most):
    """Rank and score by a plain loop over (start, end, score)."""
    waiting = {index: score for index, (_, _, score) in enumerate(intervals)}
    ranks, scores = [0] * len(intervals), [score for _, _, score in intervals]
    while waiting and (most is None or max(ranks, default=0) < most):
        best = min(waiting, key=lambda i: (-waiting[i], intervals[i][0], intervals[i][1], i))
        if waiting[best] < threshold:
            break
        ranks[best], scores[best] = max(ranks) + 1, waiting.pop(best)
        for index in waiting:
            iou = plain_iou(intervals[index], intervals[best])
            waiting[index] *= math.exp(-(iou**2) / sigma)
            scores[index] = waiting[index]
    return ranks, scores


def plain_iou(one, other):
    shared = max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
    union = one[1] - one[0] + other[1] - other[0] - shared
    return shared / union if union > 0 else 0.0


# Few different numbers, so that equal scores and equal intervals are common.
interval = st.tuples(st.integers(0, 12), st.integers(0, 8), st.integers(0, 10)).map(
    lambda values: (float(values[0]), float(values[0] + values[1]), values[2] / 10)
)


def run(intervals, sigma=0.5, threshold=0.2, most=None):
    starts, ends, scores = np.array(intervals, dtype=float).reshape(-1, 3).T
    return soft_nms(starts, ends, scores, sigma, threshold, most)


@given(
    st.lists(interval, max_size=12),
    st.sampled_from([1e-4, 0.1, 0.5, 2.0]),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([None, 1, 3]),
)
def test_agrees_with_a_plain_loop(intervals, sigma, threshold, most):
    ranks, scores = plain_soft_nms(intervals, sigma, threshold, most)
    found = run(intervals, sigma, threshold, most)
    assert found.rank.tolist() == ranks
    np.testing.assert_allclose(found.score, scores, rtol=1e-12)


@given(st.lists(interval, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(intervals, random):
    order = list(range(len(intervals)))
    random.shuffle(order)
    one, other = run(intervals), run([intervals[i] for i in order])
    chosen = {(*intervals[i], int(r), s) for i, r, s in zip(range(len(order)), one.rank, one.score, strict=True) if r}
    shuffled = {(*intervals[i], int(r), s) for i, r, s in zip(order, other.rank, other.score, strict=True) if r}
    assert chosen == shuffled


@given(st.lists(interval, min_size=1, max_size=12))
def test_the_rival_is_the_chosen_interval_of_largest_overlap(intervals):
    found = run(intervals)
    chosen = [i for i in range(len(intervals)) if found.rank[i]]
    for index, rival in enumerate(found.rival):
        if found.rank[index]:
            continue
        overlaps = {i: plain_iou(intervals[index], intervals[i]) for i in chosen}
        if rival < 0:
            assert max(overlaps.values(), default=0) == 0
        else:
            assert overlaps[rival] == pytest.approx(max(overlaps.values()))


def test_the_input_is_left_as_it_is():
    arrays = [np.array([5.0, 0.0, 1.0]), np.array([15.0, 10.0, 11.0]), np.array([0.7, 0.9, 0.8])]
    before = [array.copy() for array in arrays]
    soft_nms(*arrays, sigma=0.5, threshold=0.1)
    assert all((array == copy).all() for array, copy in zip(arrays, before, strict=True))


def test_lengths_stay_with_their_intervals():
    """A long interval in front must not lend its length to the short one that takes its place."""
    found = run([(0.0, 100.0, 0.5), (200.0, 210.0, 0.9), (202.0, 212.0, 0.8)], threshold=0.0)
    assert found.rank.tolist() == [2, 1, 3]
    assert found.score[2] == pytest.approx(0.8 * math.exp(-((8 / 12) ** 2) / 0.5))


def test_nothing_in_gives_nothing_out():
    assert len(run([]).rank) == 0
