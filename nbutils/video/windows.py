"""Annotated windows: their candidates and clips, and how good these are."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbutils.progress import progress
from nbutils.video.boundaries import (
    boundary_places,
    calibration_error,
    find_sentences,
    mean_cost,
    reliability,
    snap_clips,
    snapping_cost,
)
from nbutils.video.given import WindowSet
from nbutils.video.metrics import RELEASED_TIOUS, clip_matches, evaluate, evaluate_seconds, positive_seconds
from nbutils.video.metrics.tables import checked_windows
from nbutils.video.model import ClipScorer
from nbutils.video.selection import score_video, select_clips
from nbutils.video.selection.contributions import NOTHING, with_one_dropped
from nbutils.video.training.data import WindowData, annotated_windows

SCORER = "scorer"
MATCH = 0.5
RELEASED = ("mean best-match precision", "matched mAP", "AR")


class Snapping(NamedTuple):
    """What snapping does to the clips of annotated windows; empty where these have no captions.

    Attributes:
        clips: of `snapping_cost`.
        means: of `mean_cost`.
        lost: how many clips found no place.
    """

    clips: pd.DataFrame
    means: pd.DataFrame
    lost: int


class Calibration(NamedTuple):
    """Whether scores mean what they say, `of` seconds and `of` clips; empty where nothing was scored.

    Attributes:
        bins: of `reliability`, with `of`.
        errors: of `calibration_error`, with `of`; one video alone has no interval.
    """

    bins: pd.DataFrame
    errors: pd.DataFrame


def scored_windows(scorer: ClipScorer, windows: WindowSet | None) -> pd.DataFrame:
    """The candidates of each window, with everything and with each modality left out.

    Returns:
        The columns of `score_video` with times in s of the window, `window_id` and `dropped` ("nothing" or the
        modality); empty where there are no features.

    Raises:
        VideoError: the features of a window are missing, too short or do not fit the scorer.
    """
    if windows is None or windows.read is None:
        return pd.DataFrame()
    data = WindowData(annotated_windows(windows.annotations), windows.read, scorer.config)
    frames = []
    for index, window in enumerate(progress(list(windows.annotations.windows.itertuples()), "scoring windows")):
        # The rows begin at a full second of the video, the window perhaps later.
        late = window.window_start - math.floor(window.window_start)
        for dropped, features in with_one_dropped(data[index].features).items():
            table = score_video(scorer, features).iloc[: math.ceil(window.duration)]
            times = {name: (table[name] - late).clip(0, window.duration) for name in ("start", "end")}
            frames.append(table.assign(**times, window_id=window.window_id, dropped=dropped))
    return pd.concat(frames, ignore_index=True)


def window_clips(
    candidates: pd.DataFrame,
    windows: WindowSet | None,
    *,
    threshold: float,
    min_length: float,
    max_length: float,
    per_minute: float | None,
) -> pd.DataFrame:
    """The clips that `select_clips` takes in each window, by what was dropped.

    Returns:
        The clips with `window_id` and `dropped`, without a row where none was chosen; without a column too where
        nothing was scored.
    """
    if candidates.empty:
        return pd.DataFrame()
    durations = windows.annotations.windows.set_index("window_id")["duration"]
    selections = [
        select_clips(
            rows,
            durations[window_id],
            threshold=threshold,
            min_length=min_length,
            max_length=max_length,
            per_minute=per_minute,
        ).clips
        for (_, window_id), rows in candidates.groupby(["dropped", "window_id"], sort=False)
    ]
    return pd.concat(selections, ignore_index=True)


def evaluation(
    candidates: pd.DataFrame, clips: pd.DataFrame, windows: WindowSet | None, resamples: int, seed: int
) -> pd.DataFrame:
    """Metrics of the scorer's clips and seconds beside those of the anchors.

    Returns:
        The rows of `evaluate` and of `evaluate_seconds`; of the anchors alone where nothing was scored, and none where
        nothing is annotated.
    """
    if windows is None or windows.annotations.clips.empty:
        return pd.DataFrame()
    truth, table = windows.annotations.clips, windows.annotations.windows
    whole, seconds = _whole(clips), _whole(candidates)
    clip_rows = evaluate(whole, truth, table, resamples=resamples, seed=seed)
    second_rows = evaluate_seconds(seconds, truth, table, resamples=resamples, seed=seed)
    return pd.concat([clip_rows, second_rows], ignore_index=True)


def released_metrics(clips: pd.DataFrame, windows: WindowSet | None, resamples: int, seed: int) -> pd.DataFrame:
    """Best-match precision, matched mAP and AR over the released code's thresholds, tIoU .5 to .9.

    Returns:
        Rows of `evaluate`; none where nothing is annotated.
    """
    if windows is None or windows.annotations.clips.empty:
        return pd.DataFrame()
    truth, table = windows.annotations.clips, windows.annotations.windows
    rows = evaluate(_whole(clips), truth, table, thresholds=RELEASED_TIOUS, resamples=resamples, seed=seed)
    return rows[rows["metric"].isin(RELEASED)].reset_index(drop=True)


def snapping(
    clips: pd.DataFrame,
    windows: WindowSet | None,
    *,
    min_length: float,
    max_length: float,
    snap_seconds: float,
    resamples: int,
    seed: int,
) -> Snapping:
    """Overlap with annotated clips before and after the clips are snapped to the sentences of their captions.

    Windows without captions are passed over.
    """
    frames, lost = [], 0
    if len(clips):
        table = windows.annotations.windows.set_index("window_id")
        for window_id, rows in clips[clips["dropped"] == NOTHING].groupby("window_id", sort=False):
            window = table.loc[window_id]
            captions = windows.read(window["video_id"]).captions
            if captions is not None:
                times = find_sentences(captions)[["start", "end"]] - window["window_start"]
                inside = times[(times["end"] > 0) & (times["start"] < window["duration"])]
                places = boundary_places(inside, None, window["duration"])
                limits = {"min_length": min_length, "max_length": max_length}
                snapped = snap_clips(rows, places, tolerance=snap_seconds, **limits)
                frames.append(snapped.clips)
                lost += len(snapped.rejected)
    snapped = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if snapped.empty:
        return Snapping(pd.DataFrame(), pd.DataFrame(), lost)
    cost = snapping_cost(snapped, windows.annotations.clips, windows.annotations.windows)
    return Snapping(cost, mean_cost(cost, windows.annotations.windows, resamples, seed), lost)


def calibration(
    candidates: pd.DataFrame, clips: pd.DataFrame, windows: WindowSet | None, resamples: int, seed: int
) -> Calibration:
    """How often a second of a score lies in an annotated clip, and a clip of a score matches one at tIoU .5.

    Training with the focal loss makes neither a probability: it draws sure scores towards the middle. A clip has the
    score of its candidate before suppression.
    """
    if candidates.empty:
        return Calibration(pd.DataFrame(), pd.DataFrame())
    scored = {"seconds": _matched_seconds(candidates, windows), "clips": _matched_clips(clips, windows)}
    bins, errors = [], []
    for of, rows in scored.items():
        if len(rows):
            bins.append(reliability(rows).assign(of=of))
            errors.append(calibration_error(rows, resamples=resamples, seed=seed).assign(of=of))
    found = pd.concat(errors, ignore_index=True)
    # Seconds of one video are right or wrong together: they are no units to draw.
    found.loc[found["unit"] != "videos", ["low", "high"]] = np.nan
    return Calibration(pd.concat(bins, ignore_index=True), found)


def _whole(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of nothing dropped by the scorer's name; none where nothing was scored."""
    return {SCORER: table[table["dropped"] == NOTHING]} if "dropped" in table else {}


def _matched_seconds(candidates: pd.DataFrame, windows: WindowSet) -> pd.DataFrame:
    table = checked_windows(windows.annotations.windows)
    flags = positive_seconds(windows.annotations.clips, table)
    seconds = np.ceil(table["duration"]).astype(int)
    truth = pd.DataFrame({"window_id": table["window_id"].repeat(seconds)})
    truth["second"] = truth.groupby("window_id").cumcount()
    truth["matched"] = flags
    rows = candidates.loc[candidates["dropped"] == NOTHING, ["window_id", "video_id", "second", "score"]]
    return rows.merge(truth, on=["window_id", "second"])


def _matched_clips(clips: pd.DataFrame, windows: WindowSet) -> pd.DataFrame:
    rows = clips[clips["dropped"] == NOTHING] if len(clips) else clips
    if rows.empty:
        return rows
    matches = clip_matches(rows, windows.annotations.clips, windows.annotations.windows, MATCH)
    return matches.drop(columns="score").rename(columns={"probability": "score"})
