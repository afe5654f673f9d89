import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from nbutils.video.boundaries import calibration_error, reliability
from nbutils.video.errors import VideoError


def scored(scores, matched):
    return pd.DataFrame({"score": np.asarray(scores, dtype=float), "matched": matched})


def drawn(number, seed, skill=1.0):
    """Clips that are right with a probability between their score and one half."""
    random = np.random.default_rng(seed)
    scores = random.beta(2, 2, number)
    return scored(scores, random.random(number) < skill * scores + (1 - skill) / 2)


def test_bins_agree_with_a_plain_count():
    clips = drawn(300, 0)
    table = reliability(clips, bins=5)
    for row in table.itertuples():
        inside = clips[(clips["score"] >= row.bin_low) & (clips["score"] < row.bin_high)]
        assert row.n == len(inside)
        assert row.mean_score == pytest.approx(inside["score"].mean())
        assert row.matched == pytest.approx(inside["matched"].mean())
        low, high = proportion_confint(inside["matched"].sum(), len(inside), method="wilson")
        assert (row.low, row.high) == (pytest.approx(low), pytest.approx(high))
    assert table["n"].sum() == 300
    error = calibration_error(clips, bins=5, resamples=10)["value"].item()
    assert error == pytest.approx((table["n"] * table["gap"].abs()).sum() / 300)


def test_scores_of_nought_and_one_have_a_bin():
    table = reliability(scored([0, 1, 1], [False, True, False]))
    assert table[["bin_low", "n", "matched"]].to_numpy().tolist() == [[0.0, 1, 0.0], [0.9, 2, 0.5]]


def test_another_column_may_hold_the_score():
    clips = scored([0.2, 0.7], [False, True]).rename(columns={"score": "probability"})
    assert reliability(clips, score="probability")["n"].tolist() == [1, 1]


def test_overconfident_scores_stand_out_from_the_null():
    right, wrong = (calibration_error(drawn(2000, 1, skill)).iloc[0] for skill in (1.0, 0.3))
    assert right["value"] < right["null_high"]
    assert wrong["value"] > 2 * wrong["null_high"]
    # The mean distance of score and probability is .7 E|s - 1/2| = .7 * 3/16.
    assert wrong["low"] < 0.7 * 3 / 16 < wrong["high"]


def test_the_interval_reaches_as_far_above_as_below():
    few = drawn(60, 3, skill=0.2).assign(video_id=np.arange(60) // 5)
    row = calibration_error(few).iloc[0]
    assert row["high"] - row["value"] >= row["value"] - row["low"] - 1e-12


def test_videos_are_drawn_where_there_are_some():
    clips = drawn(100, 2)
    assert calibration_error(clips)["unit"].item() == "clips"
    of_videos = calibration_error(clips.assign(video_id=np.repeat(["a", "b", "c", "d"], 25)))
    assert of_videos["unit"].item() == "videos"
    assert of_videos["low"].item() < of_videos["high"].item()
    assert np.isnan(calibration_error(clips.iloc[:1])["low"].item())


# Skill, and the mean distance of score and probability in bins of a tenth.
TRUE_ERRORS = {1.0: 0.0, 0.7: 0.056, 0.3: 0.131}


@pytest.mark.slow
@pytest.mark.parametrize("skill", TRUE_ERRORS)
def test_intervals_cover_the_true_error(skill):
    """Calibrated scores exceed the null in 5 % of samples; the interval of others is a little short."""
    covered = 0
    for seed in range(200):
        row = calibration_error(drawn(150, seed, skill), resamples=200, seed=seed).iloc[0]
        covered += row["low"] <= TRUE_ERRORS[skill] <= row["high"]
    assert 0.85 <= covered / 200 <= 0.99


@pytest.mark.parametrize(
    ("clips", "sentence"),
    [
        (scored([0.5, 1.2], [True, True]), "row 1 of the table of scored clips: score is 1.2, not within 0 and 1"),
        (scored([], []), "no clip was scored"),
        (scored([np.nan], [True]), "score is nan"),
        (pd.DataFrame({"score": [0.5]}), "has no column 'matched'"),
    ],
)
def test_wrong_scores_are_named(clips, sentence):
    with pytest.raises(VideoError, match=sentence):
        reliability(clips)


@pytest.mark.parametrize("measure", [reliability, calibration_error])
@pytest.mark.parametrize("bins", [-1, 0, 10**9])
def test_numbers_of_bins_that_make_no_sense_are_refused(measure, bins):
    with pytest.raises(VideoError, match=f"cannot be put into {bins} bins: choose 1 to 1000"):
        measure(drawn(9, 0), bins=bins)


@pytest.mark.parametrize("value", [None, float("nan"), "yes", 2])
def test_clips_of_which_it_is_not_known_whether_they_match_are_refused(value):
    with pytest.raises(VideoError, match=r"row 1 of the table of scored clips: matched is .*, not true or false"):
        reliability(scored([0.1, 0.2], [True, value]))
