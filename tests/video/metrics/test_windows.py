import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.video.errors import VideoError
from nbutils.video.metrics import RELEASED_TIOUS, TIOUS, window_metrics
from tests.video.metrics import plain_metrics as plain

# A coarse grid, so that equal clips, equal scores and overlaps of exactly a threshold are common.
times = st.integers(0, 24).map(lambda half_seconds: half_seconds / 2)
spans = st.tuples(times, times).map(sorted)
clips = st.lists(st.tuples(spans, st.integers(0, 4)).map(lambda pair: (*pair[0], pair[1] / 4)), max_size=12)
annotated = st.lists(spans.filter(lambda span: span[0] < span[1]).map(tuple), max_size=5)


def tables(clips_by_window, truth_by_window):
    predicted = [(name, *clip) for name, rows in clips_by_window.items() for clip in rows]
    true = [(name, *clip) for name, rows in truth_by_window.items() for clip in rows]
    windows = {"window_id": list(clips_by_window), "video_id": list(clips_by_window), "duration": 100.0}
    return (
        pd.DataFrame(predicted, columns=["window_id", "start", "end", "score"]),
        pd.DataFrame(true, columns=["window_id", "start", "end"]),
        pd.DataFrame(windows),
    )


def value(table, metric, tiou=None, window="w"):
    rows = table[(table["metric"] == metric) & (table["window_id"] == window)]
    rows = rows[rows["tiou"].isna()] if tiou is None else rows[rows["tiou"] == tiou]
    assert len(rows) == 1
    return rows["value"].item()


@settings(max_examples=60)
@given(st.lists(st.tuples(clips, annotated), min_size=1, max_size=3))
def test_agrees_with_plain_definitions(windows):
    predicted = {f"w{i}": rows for i, (rows, _) in enumerate(windows)}
    true = {f"w{i}": rows for i, (_, rows) in enumerate(windows)}
    result = window_metrics(*tables(predicted, true), at=(1, 3))

    for name in predicted:
        rows, truth = predicted[name], true[name]
        for tiou in RELEASED_TIOUS:
            expected = plain.best_match_precision(rows, truth, tiou)
            assert value(result, "best-match precision", tiou, name) == pytest.approx(expected)
        if not truth:
            rest = result[(result["window_id"] == name) & ~result["metric"].str.contains("best-match")]
            assert rest["value"].isna().all()
            continue
        for tiou in TIOUS:
            expected = plain.average_precision(rows, truth, tiou)
            assert value(result, "matched AP", tiou, name) == pytest.approx(expected)
        for tiou in (0.5, 0.7):
            assert value(result, "R1", tiou, name) == plain.top_clip_reaches(rows, truth, tiou)
        for metric, first in (("AR", None), ("AR@1", 1), ("AR@3", 3)):
            expected = np.mean([plain.recall(rows, truth, tiou, first) for tiou in TIOUS])
            assert value(result, metric, window=name) == pytest.approx(expected)
        mean = np.mean([plain.average_precision(rows, truth, tiou) for tiou in TIOUS])
        assert value(result, "matched mAP", window=name) == pytest.approx(mean)


@given(clips, annotated, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(rows, truth, random):
    first = window_metrics(*tables({"w": rows}, {"w": truth}))
    random.shuffle(rows)
    random.shuffle(truth)
    second = window_metrics(*tables({"w": rows}, {"w": truth}))
    pd.testing.assert_frame_equal(first, second)


@given(clips, annotated, st.integers(0, 3))
def test_stretched_time_and_scores_change_nothing(rows, truth, power):
    factor = 2.0**power
    first = window_metrics(*tables({"w": rows}, {"w": truth}))
    stretched = [(start * factor, end * factor, np.exp(score)) for start, end, score in rows]
    second = window_metrics(*tables({"w": stretched}, {"w": [(a * factor, b * factor) for a, b in truth]}))
    pd.testing.assert_frame_equal(first, second)


@given(clips, annotated.filter(bool))
def test_a_worst_ranked_wrong_clip_costs_precision_only(rows, truth):
    before = window_metrics(*tables({"w": rows}, {"w": truth})).set_index(["metric", "tiou"])["value"]
    after = window_metrics(*tables({"w": [*rows, (50.0, 60.0, -1.0)]}, {"w": truth}))
    after = after.set_index(["metric", "tiou"])["value"]
    same = ~before.index.get_level_values(0).str.contains("best-match")
    np.testing.assert_allclose(after[same], before[same])
    np.testing.assert_allclose(after[~same], before[~same] * len(rows) / (len(rows) + 1))


def test_repeating_a_clip_fools_only_the_released_metric(clips_of, window):
    truth = clips_of([(0, 10), (20, 30), (40, 50), (60, 70)])
    result = window_metrics(clips_of([(0, 10)] * 5), truth, window)
    assert value(result, "mean best-match precision") == 1
    assert value(result, "matched mAP") == pytest.approx(0.25)
    assert value(result, "AR") == pytest.approx(0.25)


def test_clips_of_equal_score_rank_by_start(clips_of, window):
    truth = clips_of([(0, 10)])
    early = window_metrics(clips_of([(30, 40), (0, 10)]), truth, window)
    late = window_metrics(clips_of([(30, 40), (50, 60)]), clips_of([(50, 60)]), window)
    assert value(early, "matched mAP") == 1
    assert value(late, "matched mAP") == 0.5


def test_overlap_of_exactly_a_threshold_matches(clips_of, window):
    result = window_metrics(clips_of([(0, 10)]), clips_of([(0, 20)]), window)
    assert value(result, "matched AP", 0.5) == 1
    assert value(result, "matched AP", 0.55) == 0


def test_a_clip_without_length_matches_nothing(clips_of, window):
    result = window_metrics(clips_of([(5, 5)]), clips_of([(0, 10)]), window)
    assert (result["value"] == 0).all()


def test_no_predictions_score_zero(clips_of, window):
    result = window_metrics(clips_of([]), clips_of([(0, 10)]), window)
    assert (result["value"] == 0).all()


@pytest.mark.parametrize(
    ("column", "wrong", "sentence"),
    [
        ("start", np.nan, "row 1 of the table of predicted clips: start is nan"),
        ("score", np.inf, "row 1 of the table of predicted clips: score is inf"),
        ("end", "soon", "row 1 of the table of predicted clips: end is 'soon'"),
        ("end", -3.0, "ends at -3 s, before its start at 20 s"),
        ("window_id", "x", "is in the window 'x', which is not in the table of windows"),
    ],
)
def test_malformed_predictions_are_named(clips_of, window, column, wrong, sentence):
    clips = clips_of([(0, 10), (20, 30)]).astype({column: object})
    clips.loc[1, column] = wrong
    with pytest.raises(VideoError, match=sentence):
        window_metrics(clips, clips_of([(0, 10)]), window)


def test_missing_columns_are_named(clips_of, window):
    with pytest.raises(VideoError, match="predicted clips has no column 'score'"):
        window_metrics(clips_of([(0, 1)]).drop(columns="score"), clips_of([(0, 10)]), window)


def test_annotated_clips_without_length_are_refused(clips_of, window):
    with pytest.raises(VideoError, match="row 0 of the table of annotated clips has no length"):
        window_metrics(clips_of([(0, 10)]), clips_of([(5, 5)]), window)


@pytest.mark.parametrize(
    ("windows", "sentence"),
    [({"w": 0.0}, "'w' has a duration of 0 s"), ({"w": np.nan}, "row 0 of the table of windows: duration is nan")],
)
def test_windows_without_length_are_refused(clips_of, windows_of_durations, windows, sentence):
    with pytest.raises(VideoError, match=sentence):
        window_metrics(clips_of([(0, 10)]), clips_of([(0, 10)]), windows_of_durations(windows))


def test_a_window_that_stands_twice_is_refused(clips_of, window):
    with pytest.raises(VideoError, match="'w' stands twice"):
        window_metrics(clips_of([(0, 10)]), clips_of([(0, 10)]), pd.concat([window, window]))


@pytest.mark.parametrize("thresholds", [(), (0.0,), (0.5, 1.5), (float("nan"),)])
def test_thresholds_that_no_overlap_can_reach_or_miss_are_refused(thresholds):
    with pytest.raises(VideoError, match="give some above 0 and at most 1"):
        window_metrics(*tables({"w": []}, {"w": [(0, 5)]}), thresholds=thresholds)


@pytest.mark.parametrize("at", [(0,), (5, -1)])
def test_recall_of_no_predictions_is_refused(at):
    with pytest.raises(VideoError, match=f"AR@{min(at)} has no predictions to look at"):
        window_metrics(*tables({"w": []}, {"w": [(0, 5)]}), at=at)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("window_id", None, "row 0 of the table of windows has no window_id"),
        ("video_id", float("nan"), "row 0 of the table of windows has no video_id"),
        ("duration", 1e13, r"the window 'w' lasts 1e\+13 s: give seconds"),
    ],
)
def test_windows_that_cannot_be_used_are_refused(column, value, sentence):
    clips, truth, windows = tables({"w": []}, {"w": []})
    with pytest.raises(VideoError, match=sentence):
        window_metrics(clips, truth, windows.assign(**{column: value}))


def test_no_windows_are_refused():
    with pytest.raises(VideoError, match="the table of windows is empty"):
        window_metrics(*tables({}, {}))
