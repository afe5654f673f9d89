import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from nbutils.video.errors import VideoError
from nbutils.video.metrics import full_oracle, positive_seconds, second_scores, window_highlights

durations = st.integers(1, 40).map(lambda quarters: quarters / 4)


def one_window(duration):
    return pd.DataFrame({"window_id": ["w"], "video_id": ["w"], "duration": [duration]})


def seconds_of(scores):
    return pd.DataFrame({"window_id": "w", "second": range(len(scores)), "score": np.asarray(scores, dtype=float)})


def values(table):
    return dict(zip(table["metric"], table["value"], strict=True))


def sklearn_area(labels, scores):
    """Area under the curve of scikit-learn with each precision raised to the largest at a higher recall."""
    precision, recall, _ = precision_recall_curve(labels, scores)
    raised = np.maximum.accumulate(precision)
    # The point (recall 0, precision 1) that scikit-learn adds is none of the ranking.
    return float(np.sum(-np.diff(recall) * raised[:-1]))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=30))
def test_agrees_with_scikit_learn(seconds):
    flags, scores = np.array([flag for flag, _ in seconds]), np.array([score for _, score in seconds])
    truth = pd.DataFrame([("w", t, t + 1) for t in np.flatnonzero(flags)], columns=["window_id", "start", "end"])
    result = values(window_highlights(seconds_of(scores), truth, one_window(float(len(flags)))))
    if not flags.any():
        assert np.isnan(list(result.values())).all()
        return
    assert result["HL-mAP"] == pytest.approx(sklearn_area(flags, scores))
    assert result["HL-Hit@1"] == pytest.approx(flags[scores == scores.max()].mean())


@given(durations, st.lists(st.tuples(st.integers(0, 48), st.integers(0, 48)).map(sorted), max_size=4))
def test_a_second_is_positive_when_a_clip_covers_half_of_it(duration, spans):
    clips = [(a / 4, b / 4) for a, b in spans if a < b]
    truth = pd.DataFrame([("w", *clip) for clip in clips], columns=["window_id", "start", "end"])
    expected = []
    for t in range(int(np.ceil(duration))):
        end = min(t + 1, duration)
        shares = [(min(end, b) - max(t, a)) / (end - t) for a, b in clips]
        expected.append(max(shares, default=0) >= 0.5)
    assert positive_seconds(truth, one_window(duration)).tolist() == expected
    scored = second_scores(full_oracle(truth), one_window(duration))
    assert scored["second"].tolist() == np.flatnonzero(expected).tolist()


def test_the_highest_score_of_the_covering_clips_counts(clips_of, window):
    scored = second_scores(clips_of([(0, 3, 0.2), (1, 2, 0.9), (2, 4.4, 0.5)]), window)
    assert scored["second"].tolist() == [0, 1, 2, 3]
    assert scored["score"].tolist() == [0.2, 0.9, 0.5, 0.5]


def test_a_constant_score_has_the_share_of_positive_seconds(clips_of, window):
    result = values(window_highlights(seconds_of(np.ones(100)), clips_of([(0, 25)]), window))
    assert result == {"HL-mAP": 0.25, "HL-Hit@1": 0.25}


def test_seconds_without_a_score_come_last(clips_of, window):
    result = values(window_highlights(seconds_of([5, 1]), clips_of([(0, 1), (90, 91)]), window))
    assert result["HL-Hit@1"] == 1
    assert result["HL-mAP"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 100)


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (100, "second 100, but its window 'w' has 100 whole seconds"),
        (-1, "has second -1"),
        (0.5, "has second 0.5"),
        (0, "second 0 of the window 'w' stands twice"),
    ],
)
def test_wrong_seconds_are_named(clips_of, window, second, sentence):
    seconds = pd.concat([seconds_of([1.0]), pd.DataFrame({"window_id": ["w"], "second": [second], "score": [1.0]})])
    with pytest.raises(VideoError, match=sentence):
        window_highlights(seconds, clips_of([(0, 1)]), window)
