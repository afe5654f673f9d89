"""What is wrong with the times of an entry, and how it is mended."""

import math
from typing import NamedTuple

from nbutils.video.annotations.entries import Entry

# Times in two places of an entry agree when they differ by less, s.
AGREE = 0.01


class Repair(NamedTuple):
    """`place` names entry and field, `problem` what was found, `repair` what was done about it."""

    place: str
    problem: str
    repair: str


def repaired(entry: Entry) -> tuple[list[tuple[float, float]], list[Repair]]:
    """Clips in s after the window's start, in order, apart from one another and within the window; and the repairs."""
    repairs = [Repair(entry.place, f"the field {field!r} is not known", "left out") for field in entry.unknown]
    repairs += _disagreements(entry)
    clips = []
    for i, (start, end) in enumerate(entry.clips):
        clip, found = _within(start, end, *entry.window, f"{entry.place}: segments[{i}]")
        repairs += found
        clips += [clip] if clip else []
    clips, found = _in_order(clips, entry.place)
    return [(start - entry.window[0], end - entry.window[0]) for start, end in clips], repairs + found


def _disagreements(entry: Entry) -> list[Repair]:
    found, (window_start, window_end) = [], entry.window
    if entry.window_offset is not None and not _agree(entry.window_offset, (0.0, window_end - window_start)):
        problem = f"[{_pair(entry.window_offset)}] is not timeRange less its start"
        found.append(Repair(f"{entry.place}: timeRangeOffset", problem, "timeRange was taken"))
    if entry.clip_offsets is None:
        return found
    if len(entry.clip_offsets) != len(entry.clips):
        problem = f"has {len(entry.clip_offsets)} clips where segments has {len(entry.clips)}"
        return [*found, Repair(f"{entry.place}: segmentsOffset", problem, "segments was taken")]
    for i, (offset, (start, end)) in enumerate(zip(entry.clip_offsets, entry.clips, strict=True)):
        if not _agree(offset, (start - window_start, end - window_start)):
            problem = f"[{_pair(offset)}] is not segments[{i}] less the start of timeRange"
            found.append(Repair(f"{entry.place}: segmentsOffset[{i}]", problem, "segments was taken"))
    return found


def _within(
    start: float, end: float, window_start: float, window_end: float, place: str
) -> tuple[tuple[float, float] | None, list[Repair]]:
    """The clip from its earlier to its later end, as far as it lies in the window; None where nothing is left."""
    found = []
    if end < start:
        found.append(Repair(place, f"[{_pair((start, end))}] ends before it starts", "start and end were swapped"))
        start, end = end, start
    if start == end:
        return None, [*found, Repair(place, f"[{_pair((start, end))}] has no length", "left out")]
    inside = max(start, window_start), min(end, window_end)
    if inside == (start, end):
        return inside, found
    problem = f"[{_pair((start, end))}] is not within timeRange [{_pair((window_start, window_end))}]"
    if inside[0] >= inside[1]:
        return None, [*found, Repair(place, problem, "left out")]
    return inside, [*found, Repair(place, problem, f"cut to [{_pair(inside)}]")]


def _in_order(clips: list[tuple[float, float]], place: str) -> tuple[list[tuple[float, float]], list[Repair]]:
    """Sorted, and each from no earlier than the end of those before it."""
    found, kept = [], []
    if clips != sorted(clips):
        found.append(Repair(f"{place}: segments", "are not in order of time", "sorted"))
    reached = -math.inf
    for start, end in sorted(clips):
        problem = f"[{_pair((start, end))}] overlaps a clip before it, which ends at {reached:.10g} s"
        if start >= reached:
            kept.append((start, end))
        elif end > reached:
            kept.append((reached, end))
            found.append(Repair(f"{place}: segments", problem, f"cut to [{_pair((reached, end))}]"))
        else:
            found.append(Repair(f"{place}: segments", problem, "left out"))
        reached = max(reached, end)
    return kept, found


def _agree(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return all(abs(a - b) <= AGREE for a, b in zip(first, second, strict=True))


def _pair(times: tuple[float, float]) -> str:
    return f"{times[0]:.10g}, {times[1]:.10g}"
