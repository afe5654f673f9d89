import numpy as np
import pandas as pd
import pytest

from nbutils.video import comparisons, windows
from nbutils.video.annotations import parse_annotations
from nbutils.video.features import Features
from nbutils.video.given import WindowSet
from nbutils.video.metrics import window_metrics
from nbutils.video.model import ClipScorer, scorer_config

LIMITS = {"threshold": 0.05, "min_length": 1.0, "max_length": 200.0, "per_minute": None}
BOOTSTRAP = {"resamples": 60, "seed": 0}


@pytest.fixture(scope="module")
def scorer():
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ClipScorer(scorer_config("small", visual=4, audio=3, text=2)).eval()


def features(video_id, seconds=70, captions=None):
    random = np.random.default_rng(seconds)
    arrays = (random.standard_normal((seconds, width)).astype(np.float32) for width in (4, 3, 2))
    return Features(video_id, *arrays, duration=float(seconds), captions=captions)


def window_set(*entries, **read):
    content = [
        {"youtube_id": video, "timeRange": list(window), "segments": [list(clip) for clip in clips]}
        for video, window, clips in entries
    ]
    return WindowSet("made", parse_annotations(content), (read or None) and read.__getitem__)


def test_windows_are_scored_whole_and_without_each_modality(scorer):
    made = window_set(("a", (10.0, 60.0), [(12.0, 30.0)]), ("b", (0.0, 20.0), []), a=features("a"), b=features("b", 20))

    table = windows.scored_windows(scorer, made)

    sizes = table.groupby(["dropped", "window_id"]).size()
    assert set(table["dropped"]) == {"nothing", "visual", "audio", "text"}
    assert sizes["nothing"].to_dict() == {"a@10": 50, "b@0": 20}
    assert table["start"].min() >= 0
    assert table.groupby("window_id")["end"].max()["a@10"] <= 50.0


def test_times_count_from_a_window_that_starts_between_seconds(scorer):
    whole = windows.scored_windows(scorer, window_set(("a", (10.0, 60.0), []), a=features("a")))
    late = windows.scored_windows(scorer, window_set(("a", (10.4, 60.0), []), a=features("a")))
    middle = slice(20, 30)

    assert (late["start"].iloc[middle] - whole["start"].iloc[middle]).to_numpy() == pytest.approx(
        np.where(whole["start"].iloc[middle] > 0.4, -0.4, -whole["start"].iloc[middle]), abs=1e-6
    )
    assert (late["second"] < 49.6).all()


def test_without_features_or_annotations_nothing_is_scored(scorer):
    for made in (None, window_set(("a", (0.0, 20.0), [(2.0, 9.0)]))):
        scored = windows.scored_windows(scorer, made)
        clips = windows.window_clips(scored, made, **LIMITS)

        assert scored.empty
        assert clips.empty
        assert windows.snapping(clips, made, snap_seconds=3.0, min_length=1, max_length=9, **BOOTSTRAP).means.empty
        assert windows.calibration(scored, clips, made, **BOOTSTRAP).errors.empty
        assert comparisons.dropped_gains(scored, clips, made, **BOOTSTRAP).empty
        assert comparisons.anchor_gains(clips, made, **BOOTSTRAP).empty
        assert windows.evaluation(scored, clips, made, **BOOTSTRAP).empty == (made is None)
    assert comparisons.ablation_gains(pd.DataFrame(), None, **BOOTSTRAP).empty


def test_no_clip_at_the_threshold_is_measured_as_nothing_found(scorer):
    annotated = ("a", (0.0, 60.0), [(2.0, 30.0)]), ("b", (0.0, 60.0), [(9.0, 40.0)])
    made = window_set(*annotated, a=features("a"), b=features("b"))
    scored = windows.scored_windows(scorer, made)
    clips = windows.window_clips(scored, made, **LIMITS | {"threshold": 1.0})

    assert len(scored)
    assert clips.empty
    levels = windows.evaluation(scored, clips, made, **BOOTSTRAP)
    own = levels[(levels["predictor"] == windows.SCORER) & (levels["metric"] == "matched mAP")]
    assert own["value"].tolist() == [0.0]
    dropped = comparisons.dropped_gains(scored, clips, made, **BOOTSTRAP)
    assert set(dropped["name"]) == set(scored["dropped"]) - {"nothing"}
    assert (dropped["whole"] == 0).all()
    assert (comparisons.anchor_gains(clips, made, **BOOTSTRAP)["whole"] == 0).all()


def test_annotations_alone_give_the_anchors():
    made = window_set(("a", (0.0, 80.0), [(2.0, 30.0)]))

    levels = windows.evaluation(pd.DataFrame(), pd.DataFrame(), made, **BOOTSTRAP)

    assert levels["anchor"].all()
    assert levels["low"].isna().all()


def test_seconds_are_matched_with_annotated_clips(scorer):
    made = window_set(("a", (0.0, 20.0), [(5.0, 10.0)]), a=features("a", 20))
    candidates = windows.scored_windows(scorer, made)
    inside = candidates["second"].between(5, 9)
    sure = candidates.assign(score=np.where(inside, 1.0, 0.0))

    found = windows.calibration(sure, windows.window_clips(candidates, made, **LIMITS), made, **BOOTSTRAP)

    seconds = found.errors[found.errors["of"] == "seconds"].iloc[0]
    assert (seconds["value"], seconds["n"]) == (0.0, 20)
    assert found.errors[["low", "high"]].isna().all().all()


def test_gains_are_differences_of_means(tables, given):
    clips = tables.clips
    truth, table = given.windows.annotations.clips, given.windows.annotations.windows
    for row in tables.modalities.itertuples():
        values = [
            window_metrics(clips[clips["dropped"] == name], truth, table)
            .query("metric == 'matched mAP'")["value"]
            .mean()
            for name in ("nothing", row.name)
        ]
        assert [row.whole, row.without] == pytest.approx(values)
        assert row.value == pytest.approx(values[0] - values[1])
        assert row.low <= row.value <= row.high


def test_trainings_are_compared_window_by_window(given):
    ids = given.windows.annotations.windows["window_id"].tolist()
    rows = [
        {"variant": variant, "seed": seed, "window_id": name, "metric": "matched mAP", "value": value + 0.1 * seed}
        for variant, value in (("whole", 0.5), ("worse", 0.3), ("mixed", 0.5))
        for seed in (0, 1)
        for name in ids[::-1]
    ]
    table = pd.DataFrame(rows)
    table.loc[(table["variant"] == "mixed") & (table["seed"] == 1), "value"] -= 0.2

    gains = comparisons.ablation_gains(table, given.windows, **BOOTSTRAP).set_index("name")

    assert gains["value"].to_dict() == pytest.approx({"worse": 0.2, "mixed": 0.1})
    assert gains["seeds_above"].to_dict() == {"worse": 2, "mixed": 1}
    assert gains.loc["worse", ["low", "high"]].tolist() == pytest.approx([0.2, 0.2])


def test_snapped_clips_begin_and_end_with_sentences(tables, given):
    assert (tables.snapping.clips["start_on"] != "").any()
    assert set(tables.snapping.clips["start_on"]) <= {"sentence", "video", ""}
    assert tables.snapping.means["n"].iloc[0] == len(tables.snapping.clips)
