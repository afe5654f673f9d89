import numpy as np
import pandas as pd
import pytest

from nbutils.video import choices
from nbutils.video.boundaries import boundary_places

LIMITS = {"threshold": 0.5, "min_length": 10.0, "max_length": 90.0, "per_minute": None}
PLACES = boundary_places(pd.DataFrame({"start": [0.0, 21.0, 61.0], "end": [19.0, 58.0, 99.0]}), np.array([60.0]), 100.0)


def candidates(*spans):
    """Candidates (start, end, score), one a second."""
    table = pd.DataFrame(spans, columns=["start", "end", "score"], dtype=float)
    return table.assign(video_id="v", second=np.arange(len(spans)))


def test_ends_are_snapped_to_sentences_and_told():
    found = choices.chosen(candidates((20, 57, 0.9)), 100.0, PLACES, snap_seconds=3.0, **LIMITS)
    ends = choices.snapped_ends(found.clips)

    assert ends.iloc[0].to_dict() == {
        "rank": 1,
        "start": 21.0,
        "start_moved": 1.0,
        "start_on": "sentence",
        "end": 58.0,
        "end_moved": 1.0,
        "end_on": "sentence",
    }


def test_without_snapping_ends_stay():
    found = choices.chosen(candidates((20, 57, 0.9)), 100.0, PLACES, snap_seconds=0.0, **LIMITS)

    assert choices.snapped_ends(found.clips)[["start", "end", "start_on"]].iloc[0].tolist() == [20, 57, "nothing near"]


def test_every_candidate_is_a_clip_or_rejected_with_a_reason():
    table = candidates((20, 57, 0.9), (55, 90, 0.8), (0, 5, 0.9), (0, 95, 0.7), (3, 20, 0.2))
    found = choices.chosen(table, 100.0, PLACES, snap_seconds=3.0, **LIMITS)

    assert sorted([*found.clips["second"], *found.rejected["second"]]) == list(range(5))
    reasons = dict(zip(found.rejected["second"], found.rejected["reason"], strict=True))
    assert reasons[2] == "shorter than 10 s"
    assert reasons[3] == "longer than 90 s"
    assert reasons[4] == "score below 0.5"


def test_a_clip_that_loses_its_place_by_snapping_says_to_which():
    nowhere = boundary_places(pd.DataFrame({"start": [21.0], "end": [58.0]}), None, 100.0)
    found = choices.chosen(candidates((20, 57, 0.9), (50, 70, 0.8)), 100.0, nowhere, snap_seconds=3.0, **LIMITS)

    assert found.rejected["reason"].tolist() == ["overlaps the better clip at 21.0-58.0 s"]


def test_a_clip_that_loses_its_place_keeps_no_other_out():
    nowhere = boundary_places(pd.DataFrame({"start": [21.0], "end": [58.0]}), None, 100.0)
    table = candidates((20, 57, 0.9), (45, 78, 0.8), (59, 80, 0.7))
    found = choices.chosen(table, 100.0, nowhere, snap_seconds=3.0, **LIMITS)

    assert found.clips[["second", "rank"]].to_numpy().tolist() == [[0, 1], [2, 2]]
    assert found.rejected["reason"].tolist() == ["overlaps the better clip at 21.0-58.0 s"]


def test_runs_join_what_follows_for_the_same_reason():
    reasons = ["low", "low", "high", "low", "low", "low"]
    rejected = candidates((0, 1, 0.1), (1, 2, 0.3), (2, 3, 0.4), (3, 4, 0.2), (9, 10, 0.1), (11, 12, 0.1)).assign(
        reason=reasons, second=[0, 1, 2, 3, 7, 9], probability=[0.1, 0.3, 0.4, 0.2, 0.1, 0.1]
    )

    runs = choices.rejected_runs(rejected)

    assert runs[["first_second", "last_second", "reason"]].to_numpy().tolist() == [
        [0, 1, "low"],
        [2, 2, "high"],
        [3, 3, "low"],
        [7, 9, "low"],
    ]
    assert runs.iloc[0][["best_score", "best_start", "best_end"]].tolist() == [0.3, 1.0, 2.0]
    assert choices.rejected_runs(rejected.head(0)).empty


def test_the_grid_goes_from_loose_to_strict():
    table = candidates(*((start, start + 25.0, 0.95 - 0.005 * start) for start in range(60)))
    grid = choices.choice_grid(table, 100.0, PLACES, "a film", **LIMITS, snap_seconds=3.0)
    keys = ["threshold", "min_length", "per_minute"]
    clips = grid[grid["kind"] == "clip"].groupby(keys).size()
    curves = grid[grid["kind"] == "second"].groupby(keys).size()

    assert len(curves) == len(choices.THRESHOLDS) * len(choices.MIN_LENGTHS) * (1 + len(choices.DENSITIES))
    assert (curves == 60).all()
    assert grid.iloc[0][keys].tolist() == [choices.THRESHOLDS[0], choices.MIN_LENGTHS[0], choices.NO_LIMIT]
    assert clips.iloc[clips.index.get_loc((0.3, 5.0, choices.NO_LIMIT))] == clips.max()
    assert clips[0.3, 5.0, 0.5] == 1
    assert set(grid["data"]) == {"a film"}


@pytest.mark.parametrize(("longest", "offered"), [(4.0, [4.0]), (15.0, [5.0, 10.0]), (90.0, [5.0, 10.0, 20.0, 30.0])])
def test_the_grid_never_asks_for_more_than_the_longest(longest, offered):
    limits = LIMITS | {"min_length": min(10.0, longest), "max_length": longest}
    grid = choices.choice_grid(candidates((20, 24, 0.95)), 100.0, PLACES, "x", **limits, snap_seconds=0.0)

    assert grid["min_length"].unique().tolist() == offered


def test_the_grid_has_the_choice_of_the_notebook():
    limits = LIMITS | {"threshold": 0.42, "min_length": 3.0, "per_minute": 0.7}
    grid = choices.choice_grid(candidates((20, 24, 0.95)), 100.0, PLACES, "x", **limits, snap_seconds=0.0)

    assert {0.42, *choices.THRESHOLDS} == set(grid["threshold"])
    assert grid["min_length"].iloc[0] == 3.0
    assert grid["per_minute"].unique().tolist() == [choices.NO_LIMIT, 2.0, 1.0, 0.7, 0.5]


@pytest.mark.parametrize("seed", range(4))
def test_the_grid_holds_what_is_chosen_with_each_setting(seed):
    random = np.random.default_rng(seed)
    starts = np.arange(120) + random.uniform(-5, 5, 120)
    table = candidates(*zip(starts, starts + random.uniform(8, 30, 120), random.uniform(0.05, 1, 120), strict=True))
    table[["start", "end"]] = table[["start", "end"]].clip(0, 120)
    begins = np.sort(random.uniform(0, 115, 12))
    places = boundary_places(
        pd.DataFrame({"start": begins, "end": begins + 0.9 * np.diff(begins, append=119)}), None, 120.0
    )
    grid = choices.choice_grid(table, 120.0, places, "x", **LIMITS, snap_seconds=3.0)

    settings = [(0.3, 5.0, choices.NO_LIMIT), (0.5, 10.0, 2.0), (0.7, 20.0, 1.0), (0.9, 5.0, 0.5)]
    for threshold, length, density in settings:
        limits = {"threshold": threshold, "min_length": length, "max_length": 90.0}
        most = None if density == choices.NO_LIMIT else density
        expected = choices.chosen(table, 120.0, places, **limits, per_minute=most, snap_seconds=3.0).clips
        rows = grid[(grid["threshold"] == threshold) & (grid["min_length"] == length) & (grid["per_minute"] == density)]
        shown = rows.loc[rows["kind"] == "clip", ["start", "end", "score"]]
        np.testing.assert_allclose(shown, expected[["start", "end", "score"]])
