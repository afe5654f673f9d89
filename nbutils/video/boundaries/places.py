"""Times at which a clip may begin or end without cutting a sentence or a shot."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.tables import ordered_ends, require_columns

# Captions are a little early or late: a cut this near to a pause is in it, and sentences may overlap by as much, s.
MARGIN = 0.2
# Silence between a sentence and a cut that viewers take for one end, s.
NEAR = 1.0


class Places(NamedTuple):
    """Where clips may begin and end.

    Attributes:
        starts: one row per place, in order of time: `time` (s) and `on`, which is "sentence", "cut", "sentence and cut"
            (a cut at most a second before a sentence) or "video" (its beginning).
        ends: the same for ends; "video" is its end.
    """

    starts: pd.DataFrame
    ends: pd.DataFrame


def boundary_places(sentences: pd.DataFrame | None, cuts: np.ndarray | None, duration: float) -> Places:
    """Places from sentences and cuts.

    A clip may begin where a sentence begins and end where one ends, or at a cut in the pause between two sentences. A
    cut within a sentence is no place. Without sentences every cut is one.

    Args:
        sentences: `start`, `end` (s), as `find_sentences` gives them; None or empty where nobody speaks.
        cuts: [C] times of shot cuts, s; None or empty without any.
        duration: of the video, s.

    Raises:
        VideoError: the table of sentences is malformed, a cut has no time, or the video no duration.
    """
    if not 0 < duration < np.inf:
        raise VideoError(f"a video of {duration:g} s has no place for a clip: give its duration in seconds.")
    cuts = np.sort(np.asarray([] if cuts is None else cuts, dtype=float))
    if not np.isfinite(cuts).all():
        raise VideoError("a cut between shots has no time: leave it out.")
    spoken = sentences is not None and len(sentences) > 0
    pauses = _pauses(sentences) if spoken else np.array([[-np.inf, np.inf]])
    starts, ends = [(0.0, "video")], [(duration, "video")]
    for sentence_end, sentence_start in pauses:
        starts.append((sentence_start, "sentence"))
        ends.append((sentence_end, "sentence"))
        low, high = sorted([sentence_end, sentence_start])
        for cut in cuts[(low - MARGIN <= cuts) & (cuts <= high + MARGIN)]:
            starts.append((cut, "sentence and cut" if sentence_start - cut <= NEAR else "cut"))
            ends.append((cut, "sentence and cut" if cut - sentence_end <= NEAR else "cut"))
    return Places(_table(starts, duration), _table(ends, duration))


def _pauses(sentences: pd.DataFrame) -> np.ndarray:
    """[P, 2] start and end of the pauses before, between and after sentences; they may be without length."""
    require_columns(sentences, ["start", "end"], "the table of sentences")
    start, end = ordered_ends(sentences.sort_values("start"), "the table of sentences")
    reached = np.maximum.accumulate(end)
    free = start[1:] >= reached[:-1] - MARGIN
    begin = np.concatenate([[-np.inf], reached[:-1][free], reached[-1:]])
    stop = np.concatenate([start[:1], start[1:][free], [np.inf]])
    return np.stack([begin, stop], axis=1)


def _table(rows: list[tuple[float, str]], duration: float) -> pd.DataFrame:
    """Places in the video, in order of time; of those at one time the last given."""
    table = pd.DataFrame(rows, columns=["time", "on"]).astype({"time": float, "on": str})
    table = table[table["time"].between(0, duration)].drop_duplicates("time", keep="last")
    return table.sort_values("time", ignore_index=True)
