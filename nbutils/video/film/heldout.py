"""Measures a scorer on films that its training has not seen."""

from collections.abc import Iterable

import pandas as pd

from nbutils.video.embedded import HeldOut
from nbutils.video.features.features import Features
from nbutils.video.metrics.evaluation import evaluate, evaluate_seconds
from nbutils.video.metrics.windows import window_metrics
from nbutils.video.model.network import ClipScorer
from nbutils.video.selection.clips import select_clips
from nbutils.video.selection.contributions import NOTHING, with_one_dropped
from nbutils.video.selection.scoring import score_video

# Metrics and the temporal IoU of each, NaN for a mean over several.
KEPT = pd.MultiIndex.from_tuples(
    [("matched mAP", float("nan")), ("AR", float("nan")), ("R1", 0.5), ("mean best-match precision", float("nan"))]
)


def chosen_clips(scorer: ClipScorer, videos: Iterable[Features]) -> pd.DataFrame:
    """Clips of whole videos: window_id, video_id, start, end (s), score and probability."""
    chosen = [select_clips(score_video(scorer, video), video.duration).clips for video in videos]
    clips = pd.concat(chosen, ignore_index=True)
    return clips.assign(window_id=clips["video_id"] + "@0")[
        ["window_id", "video_id", "start", "end", "score", "probability"]
    ]


def film_metrics(clips: pd.DataFrame, heldout: HeldOut) -> pd.DataFrame:
    """The kept metrics of each film: window_id, video_id, metric, tiou, value."""
    windows = heldout.annotations.windows
    values = _kept(window_metrics(clips, heldout.annotations.clips, windows))
    videos = values["window_id"].map(windows.set_index("window_id")["video_id"])
    return values.assign(video_id=videos)[["window_id", "video_id", "metric", "tiou", "value"]]


def evaluation(scorer: ClipScorer, heldout: HeldOut) -> pd.DataFrame:
    """The kept metrics and those of seconds, with everything and with one modality left out, beside the anchors.

    Returns:
        The columns of `metrics.evaluate`; predictors are "scorer", "scorer without visual" ... and the anchors.
    """
    videos = [with_one_dropped(features) for features in heldout.features.values()]
    names = {dropped: "scorer" if dropped == NOTHING else f"scorer without {dropped}" for dropped in videos[0]}
    clips = {name: chosen_clips(scorer, [video[key] for video in videos]) for key, name in names.items()}
    seconds = {name: _scored_seconds(scorer, [video[key] for video in videos]) for key, name in names.items()}
    truth, windows = heldout.annotations.clips, heldout.annotations.windows
    return pd.concat(
        [_kept(evaluate(clips, truth, windows)), evaluate_seconds(seconds, truth, windows)], ignore_index=True
    )


def _scored_seconds(scorer: ClipScorer, videos: Iterable[Features]) -> pd.DataFrame:
    scores = pd.concat([score_video(scorer, video) for video in videos], ignore_index=True)
    return scores.assign(window_id=scores["video_id"] + "@0")[["window_id", "second", "score"]]


def _kept(values: pd.DataFrame) -> pd.DataFrame:
    return values[pd.MultiIndex.from_frame(values[["metric", "tiou"]]).isin(KEPT)]
