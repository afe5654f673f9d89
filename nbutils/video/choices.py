"""From the candidates of one video to clips with ends that people accept."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbutils.video.boundaries import Places, snap_clips
from nbutils.video.selection import select_clips
from nbutils.video.selection.clips import most_clips

NO_LIMIT = "no limit"
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MIN_LENGTHS = (5.0, 10.0, 20.0, 30.0)
DENSITIES = (2.0, 1.0, 0.5)


class Chosen(NamedTuple):
    """The candidates of a video in two tables.

    Attributes:
        clips: of `select_clips` after `snap_clips`: `video_id`, `start`, `end`, `start_before`, `end_before` (s),
            `start_on`, `end_on`, `score`, `probability`, `second`, `rank`; best first.
        rejected: `video_id`, `start`, `end`, `score`, `probability`, `second`, `reason`, in order of time.
    """

    clips: pd.DataFrame
    rejected: pd.DataFrame


def chosen(
    candidates: pd.DataFrame,
    duration: float,
    places: Places,
    *,
    threshold: float,
    min_length: float,
    max_length: float,
    per_minute: float | None,
    snap_seconds: float,
) -> Chosen:
    """Chooses clips and snaps their ends.

    A clip that finds no place when it is snapped is rejected, and those behind it are chosen again without it, so that
    it keeps no candidate out. Candidates that reach farther into a better clip than an end may move are rejected too.

    Args:
        candidates: of `score_video`.
        duration: of the video, s.
        places: of `boundary_places`.
        threshold: see `select_clips`.
        min_length: s, of a clip before and after snapping.
        max_length: likewise.
        per_minute: most clips a minute; None for no limit.
        snap_seconds: most that an end moves, s.
    """
    limits = {"min_length": min_length, "max_length": max_length}
    left, out = candidates, []
    while True:
        selection = select_clips(left, duration, threshold=threshold, per_minute=per_minute, **limits)
        snapped = snap_clips(selection.clips, places, tolerance=snap_seconds, **limits)
        if snapped.rejected.empty:
            break
        # Those behind it may be other clips once it is gone; those before it stay.
        lost = snapped.rejected.nsmallest(1, "rank")
        placed = snapped.clips[snapped.clips["rank"] < lost["rank"].iloc[0]]
        is_open = selection.rejected["reason"].str.startswith(("overlaps", "beyond"))
        inside = _inside(selection.rejected[is_open], placed, snap_seconds)
        now_out = pd.concat([lost.drop(columns="rank"), inside, selection.rejected[~is_open]])
        out.append(now_out)
        left = left[~left["second"].isin(now_out["second"])]
    rejected = pd.concat([selection.rejected, *out], ignore_index=True)
    return Chosen(snapped.clips, rejected.sort_values("second", ignore_index=True))


def _inside(candidates: pd.DataFrame, placed: pd.DataFrame, most: float) -> pd.DataFrame:
    """The candidates that share more than `most` s with a clip that has a place, with the reason."""
    starts, ends = (np.asarray(placed[name]) for name in ("start", "end"))
    if not len(starts):
        return candidates.iloc[:0].assign(reason="")
    first, last = (np.asarray(candidates[name])[:, None] for name in ("start", "end"))
    shared = np.minimum(last, ends) - np.maximum(first, starts)
    pairs = zip(starts, ends, strict=True)
    names = np.array([f"overlaps the better clip at {start:.1f}-{end:.1f} s" for start, end in pairs])
    inside = shared.max(axis=1) > most
    return candidates[inside].assign(reason=names[shared.argmax(axis=1)[inside]])


def snapped_ends(clips: pd.DataFrame) -> pd.DataFrame:
    """Where each clip begins and ends, and what on.

    Args:
        clips: of `chosen`.

    Returns:
        One row per clip: `rank`, `start`, `end` (s), `start_moved`, `end_moved` (s, by snapping), `start_on`, `end_on`
        ("sentence", "cut", "sentence and cut", "video", or "nothing near").
    """
    ends = clips[["rank", "start", "end"]].copy()
    for name in ("start", "end"):
        ends[f"{name}_moved"] = clips[name] - clips[f"{name}_before"]
        ends[f"{name}_on"] = clips[f"{name}_on"].replace("", "nothing near")
    return ends[["rank", "start", "start_moved", "start_on", "end", "end_moved", "end_on"]]


def rejected_runs(rejected: pd.DataFrame) -> pd.DataFrame:
    """Rejected candidates that follow one another for the same reason, as one row.

    Args:
        rejected: of `chosen`.

    Returns:
        One row per run, in order of time: `first_second`, `last_second` (that its candidates were predicted from),
        `best_score`, `best_start`, `best_end` (s, of the candidate with the highest score), `reason`.
    """
    columns = ["first_second", "last_second", "best_score", "best_start", "best_end", "reason"]
    if rejected.empty:
        return pd.DataFrame(columns=columns)
    # The second between may be that of the clip itself.
    follows = (rejected["second"].diff() <= 2) & (rejected["reason"] == rejected["reason"].shift())
    rows = []
    for _, run in rejected.groupby((~follows).cumsum()):
        best = run.loc[run["probability"].idxmax()]
        seconds = run["second"].iloc[[0, -1]].astype(int)
        rows.append((*seconds, best["probability"], best["start"], best["end"], best["reason"]))
    return pd.DataFrame(rows, columns=columns)


def choice_grid(
    candidates: pd.DataFrame,
    duration: float,
    places: Places,
    data: str,
    *,
    threshold: float,
    min_length: float,
    max_length: float,
    per_minute: float | None,
    snap_seconds: float,
) -> pd.DataFrame:
    """Clips under other thresholds, lengths and densities, the given ones among them and the loosest first.

    Args:
        candidates: of `score_video`.
        duration: of the video, s.
        places: of `boundary_places`.
        data: what the video is called.
        threshold: of the notebook.
        min_length: s, likewise.
        max_length: s, of a clip.
        per_minute: of the notebook; None for no limit.
        snap_seconds: most that an end moves, s.

    Returns:
        For each `threshold`, `min_length` (s) and `per_minute` ("no limit" or clips a minute), the rows of the curve
        (`kind` "second", `start`, `end`, `score`) and of the clips (`kind` "clip"), with `data`.
    """
    seconds = np.arange(len(candidates))
    curve = pd.DataFrame({"kind": "second", "start": seconds, "end": seconds + 1, "score": candidates["score"]})
    least = sorted({*(length for length in MIN_LENGTHS if length < max_length), min_length})
    densities = sorted({*DENSITIES, *([per_minute] if per_minute else [])}, reverse=True)
    scores, frames = sorted({*THRESHOLDS, threshold}), []
    limits = {"threshold": scores[0], "max_length": max_length, "per_minute": None, "snap_seconds": snap_seconds}
    for length in least:
        # Clips are chosen best first: those of a higher threshold or a lower density are the first of these.
        clips = chosen(candidates, duration, places, min_length=length, **limits).clips
        for score, density in product(scores, (NO_LIMIT, *densities)):
            most = len(clips) if density == NO_LIMIT else most_clips(density, duration)
            kept = clips[clips["score"] >= score].head(most)
            rows = pd.concat([curve, kept[["start", "end", "score"]].assign(kind="clip")], ignore_index=True)
            frames.append(rows.assign(threshold=score, min_length=length, per_minute=density))
    return pd.concat(frames, ignore_index=True).assign(data=data)
