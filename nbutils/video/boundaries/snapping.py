"""Moves the ends of clips to places where people accept them."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from nbutils.video.boundaries.places import Places
from nbutils.video.errors import VideoError
from nbutils.video.metrics.tables import finite, ordered_ends, require_columns

# Movement in s that a cut saves a boundary at which a sentence ends without one.
CUT_WORTH = 0.5


class Snapped(NamedTuple):
    """Clips in two tables.

    Attributes:
        clips: columns of the clips given, `start` and `end` after snapping, `start_before`, `end_before`, and
            `start_on`, `end_on` (what the boundary lies on, see `Places`; "" where it did not move).
        rejected: columns of the clips given, unchanged, and `reason`.
    """

    clips: pd.DataFrame
    rejected: pd.DataFrame


class _Side(NamedTuple):
    """Where one end of a clip can go: times, what they lie on, and what each costs."""

    times: np.ndarray
    on: list[str]
    costs: np.ndarray


def snap_clips(
    clips: pd.DataFrame,
    places: Places,
    *,
    tolerance: float = 3.0,
    min_length: float = 10.0,
    max_length: float = 90.0,
) -> Snapped:
    """Snaps the clips of one video, best score first, so that none overlaps a better one.

    Of all pairs of places within the tolerance of a clip's ends, that are apart from the clips snapped before and make
    a length within the limits, the pair with the least cost is taken. An end costs the seconds it moves, and half a
    second more on a sentence without a cut. An end that finds no place stays where it is, at a cost above any place.

    Args:
        clips: `start`, `end` (s of the video), `score`, and `video_id` if there is; of one video.
        places: of `boundary_places`.
        tolerance: most that an end may move, s.
        min_length: s, allowed itself.
        max_length: likewise.

    Returns:
        Snapped and rejected clips, each in the order given.

    Raises:
        VideoError: a clip is malformed, clips of several videos are among them, or the limits are out of order.
    """
    if not (tolerance >= 0 and 0 <= min_length <= max_length):
        raise VideoError(
            f"clips cannot be snapped within {tolerance:g} s to lengths of {min_length:g} to {max_length:g} s: choose "
            "a tolerance of 0 s or more and lengths in order."
        )
    name = "the table of clips"
    require_columns(clips, ["start", "end", "score"], name)
    start, end = ordered_ends(clips, name)
    if "video_id" in clips and clips["video_id"].nunique() > 1:
        raise VideoError("clips of several videos were given: snap those of one video at a time.")
    begins, stops = ((side["time"].to_numpy(dtype=float), side["on"].to_numpy(dtype=object)) for side in places)
    placed, reasons = {}, {}
    for row in np.lexsort((end, start, -finite(clips, "score", name))):
        first = _side(start[row], *begins, tolerance)
        last = _side(end[row], *stops, tolerance)
        apart = [(begin, stop) for begin, stop, _, _ in placed.values()]
        pair = _cheapest(first, last, apart, min_length, max_length)
        if pair is not None:
            i, j = pair
            placed[row] = first.times[i], last.times[j], first.on[i], last.on[j]
        elif _cheapest(first, last, [], min_length, max_length) is None:
            reasons[row] = f"no ends within {tolerance:g} s make it {min_length:g} to {max_length:g} s long"
        else:
            begin, stop = _overlapped(start[row], end[row], apart)
            reasons[row] = f"overlaps the better clip at {begin:.1f}-{stop:.1f} s"
    return Snapped(_snapped(clips, placed), _rejected(clips, reasons))


def _side(time: float, times: np.ndarray, on: np.ndarray, tolerance: float) -> _Side:
    """The places that lie within the tolerance of a time."""
    near = np.flatnonzero(np.abs(times - time) <= tolerance)
    costs = np.abs(times[near] - time) + CUT_WORTH * (on[near] == "sentence")
    # More than it costs to move both ends as far as allowed, so that as few ends as possible stay.
    cost_of_staying = 2 * (tolerance + CUT_WORTH) + 1
    return _Side(np.append(times[near], time), [*on[near], ""], np.append(costs, cost_of_staying))


def _cheapest(
    first: _Side, last: _Side, apart: list[tuple[float, float]], min_length: float, max_length: float
) -> tuple[int, int] | None:
    """Places of the start and the end in their sides, None where no pair is allowed."""
    start, end = first.times[:, None], last.times[None]
    # Lengths that are equal to a limit may come out beyond it by a rounding error.
    allowed = (end - start >= min_length - 1e-9) & (end - start <= max_length + 1e-9) & (end > start)
    for begin, stop in apart:
        allowed &= (end <= begin) | (start >= stop)
    if not allowed.any():
        return None
    costs = np.where(allowed, first.costs[:, None] + last.costs[None], np.inf)
    i, j = np.unravel_index(np.argmin(costs), costs.shape)
    return int(i), int(j)


def _overlapped(start: float, end: float, apart: list[tuple[float, float]]) -> tuple[float, float]:
    """Of the clips snapped before, the one that shares most with the clip."""
    return max(apart, key=lambda clip: min(end, clip[1]) - max(start, clip[0]))


def _snapped(clips: pd.DataFrame, placed: dict[int, tuple[float, float, str, str]]) -> pd.DataFrame:
    rows = sorted(placed)
    moved = pd.DataFrame([placed[row] for row in rows], columns=["start", "end", "start_on", "end_on"])
    kept = clips.iloc[rows].reset_index(drop=True)
    return kept.assign(
        start=moved["start"].astype(float),
        end=moved["end"].astype(float),
        start_before=kept["start"],
        end_before=kept["end"],
        start_on=moved["start_on"].astype(str),
        end_on=moved["end_on"].astype(str),
    )


def _rejected(clips: pd.DataFrame, reasons: dict[int, str]) -> pd.DataFrame:
    rows = sorted(reasons)
    reason = pd.Series([reasons[row] for row in rows], dtype=str)
    return clips.iloc[rows].reset_index(drop=True).assign(reason=reason)
