import numpy as np
import pandas as pd
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.metrics import (
    evaluate,
    evaluate_seconds,
    paired_difference,
    second_scores,
    summarise,
    window_metrics,
)


@pytest.fixture
def windows(windows_of_durations):
    return windows_of_durations({f"w{i}": 600.0 for i in range(8)})


@pytest.fixture
def truth(clips_of, windows):
    random = np.random.default_rng(0)
    tables = []
    for name in windows["window_id"]:
        starts = np.arange(0, 500, 100) + random.uniform(0, 50, 5)
        tables.append(clips_of([(start, start + 36) for start in starts], name))
    return pd.concat(tables, ignore_index=True)


def mean(table, predictor, metric):
    rows = table[(table["predictor"] == predictor) & (table["metric"] == metric) & table["tiou"].isna()]
    return rows["value"].item()


def test_anchors_stand_beside_predictors(truth, windows):
    shifted = truth.assign(start=truth["start"] + 5, end=truth["end"] + 5)
    table = evaluate({"shifted": shifted}, truth, windows, at=(2,))
    assert table.loc[~table["anchor"], "predictor"].unique().tolist() == ["shifted"]
    assert table.loc[table["anchor"], "predictor"].nunique() == 5
    # 31 of 41 s are shared, which reaches 6 of the 10 thresholds.
    assert mean(table, "shifted", "matched mAP") == pytest.approx(0.6)
    assert mean(table, "shifted", "AR@2") == pytest.approx(0.6 * 2 / 5)
    assert mean(table, "full oracle", "matched mAP") == 1
    assert mean(table, "tiling 36 s", "matched mAP") < 0.6
    assert ((table["low"] <= table["value"] + 1e-12) & (table["value"] <= table["high"] + 1e-12)).all()


def test_seconds_stand_between_chance_and_oracle(truth, windows):
    shifted = truth.assign(start=truth["start"] + 5, end=truth["end"] + 5)
    table = evaluate_seconds({"shifted": second_scores(shifted, windows)}, truth, windows)
    assert mean(table, "every second alike", "HL-mAP") == pytest.approx(5 * 36 / 600, abs=0.01)
    assert mean(table, "every second alike", "HL-mAP") < mean(table, "shifted", "HL-mAP") < 1
    assert mean(table, "full oracle", "HL-mAP") == 1


def test_difference_is_taken_window_by_window(truth, windows):
    oracle = window_metrics(truth, truth, windows)
    worse = window_metrics(truth[truth["window_id"] != "w0"], truth, windows)
    row = summarise(paired_difference(oracle, worse), windows).set_index("metric").loc["matched mAP"]
    assert row["value"] == pytest.approx(1 / 8)
    assert row["low"] == 0


def test_difference_of_other_settings_is_refused(truth, windows):
    with pytest.raises(VideoError, match="other windows or metrics"):
        paired_difference(window_metrics(truth, truth, windows), window_metrics(truth, truth, windows, at=(3,)))


@pytest.mark.parametrize(("function", "name"), [(evaluate, "tiling 36 s"), (evaluate_seconds, "full oracle")])
def test_a_predictor_cannot_be_named_like_an_anchor(truth, windows, function, name):
    with pytest.raises(VideoError, match="like an anchor"):
        function({name: truth}, truth, windows)
