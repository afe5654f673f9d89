"""Tables of the generated films, from which figures, captions and findings are made."""

from types import SimpleNamespace

import pytest

from nbutils import video

LIMITS = {"threshold": 0.5, "min_length": 10.0, "max_length": 90.0, "per_minute": None}
BOOTSTRAP = {"resamples": 50, "seed": 0}
SNAP = {"snap_seconds": 3.0, "min_length": 10.0, "max_length": 90.0}


@pytest.fixture(scope="session")
def given():
    return video.video_data(device="cpu")


@pytest.fixture(scope="session")
def tables(given):
    """A table for each section of the notebook, by the name that it has there."""
    shown, windows = given.shown, given.windows
    candidates = video.selection.score_video(given.scorer, shown.features)
    cuts = video.shot_cuts(shown)
    places = video.places_of(shown, cuts)
    chosen = video.chosen(candidates, shown.features.duration, places, snap_seconds=3.0, **LIMITS)
    scored = video.scored_windows(given.scorer, windows)
    clips = video.window_clips(scored, windows, **LIMITS)
    return SimpleNamespace(
        candidates=candidates,
        cuts=cuts,
        places=places,
        chosen=chosen,
        timeline=video.timeline_rows(shown, candidates, chosen, cuts),
        dropped=video.selection.drop_one(given.scorer, shown.features),
        scored=scored,
        clips=clips,
        snapping=video.snapping(clips, windows, **SNAP, **BOOTSTRAP),
        modalities=video.dropped_gains(scored, clips, windows, **BOOTSTRAP),
        rivals=video.anchor_gains(clips, windows, **BOOTSTRAP),
        trained=video.ablation_gains(given.ablations, windows, **BOOTSTRAP),
        levels=video.evaluation(scored, clips, windows, **BOOTSTRAP),
        released=video.released_metrics(clips, windows, **BOOTSTRAP),
        calibration=video.calibration(scored, clips, windows, **BOOTSTRAP),
        spans=video.lengths_and_gaps(given.splits),
        estimates=video.estimates(given.splits, **BOOTSTRAP),
        leaks=video.leaks(given.splits),
    )
