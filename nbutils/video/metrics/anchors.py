"""Clips that know nothing or everything: the levels between which a metric is read."""

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.tables import checked_windows, require_columns, window_codes

LENGTH = 36.0  # median length of an annotated clip of Repurpose-10K, s


def anchors(truth: pd.DataFrame, windows: pd.DataFrame, seed: int = 0) -> dict[str, pd.DataFrame]:
    """All anchors by name, from those that know nothing to the one that knows everything.

    Clips at random and side by side are as long as the median of Repurpose-10K, and as that of `truth` where it differs
    by a second or more.

    Args:
        truth: `window_id`, `start`, `end` (s, in the window) of annotated clips.
        windows: `window_id`, `video_id`, `duration` (s).
        seed: of the random clips.

    Returns:
        Tables of clips: `window_id`, `start`, `end`, `score`.
    """
    require_columns(truth, ["window_id", "start", "end"], "the table of annotated clips")
    lengths = {LENGTH}
    if len(truth):
        lengths.add(max(1.0, round((truth["end"] - truth["start"]).median(), 0)))
    return {
        **{f"random {length:.0f} s": random_clips(windows, length, seed) for length in sorted(lengths)},
        **{f"tiling {length:.0f} s": tiling(windows, length) for length in sorted(lengths)},
        "oracle repeating one clip": repeated_oracle(truth, windows),
        "capped oracle": capped_oracle(truth, windows),
        "full oracle": full_oracle(truth),
    }


def released_cap(duration: np.ndarray) -> np.ndarray:
    """Most clips that the released code of Repurpose-10K returns: .3 a whole minute, rounded up; none below 60 s.

    Args:
        duration: [W] in seconds.
    """
    minutes = np.asarray(duration) // 60
    return np.ceil(minutes * 0.3).astype(int)


def random_clips(windows: pd.DataFrame, length: float = LENGTH, seed: int = 0) -> pd.DataFrame:
    """As many clips of one length as `released_cap` allows, at random places, with random scores."""
    _require_length(length)
    windows, generator = checked_windows(windows), np.random.default_rng(seed)
    rows = windows.loc[windows.index.repeat(released_cap(windows["duration"]))]
    room = np.maximum(rows["duration"].to_numpy() - length, 0)
    start = generator.uniform(0, 1, len(rows)) * room
    end = np.minimum(start + length, rows["duration"])
    return _clips(rows["window_id"], start, end, generator.uniform(0, 1, len(rows)))


def random_places(clips: pd.DataFrame, windows: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The clips, with their lengths and scores, each at a random place of its window."""
    require_columns(clips, ["window_id", "start", "end", "score"], "the table of clips")
    durations = checked_windows(windows).set_index("window_id")["duration"]
    length = (clips["end"] - clips["start"]).to_numpy()
    room = np.maximum(clips["window_id"].map(durations).to_numpy(dtype=float) - length, 0)
    start = np.random.default_rng(seed).uniform(0, 1, len(clips)) * room
    return _clips(clips["window_id"], start, start + length, clips["score"].to_numpy())


def tiling(windows: pd.DataFrame, length: float = LENGTH) -> pd.DataFrame:
    """Clips of one length side by side from the start of each window, all with score 1; at least one a window."""
    _require_length(length)
    windows = checked_windows(windows)
    tiles = np.maximum(windows["duration"].to_numpy() // length, 1).astype(int)
    rows = windows.loc[windows.index.repeat(tiles)]
    start = (np.arange(len(rows)) - np.repeat(np.cumsum(tiles) - tiles, tiles)) * length
    return _clips(rows["window_id"], start, np.minimum(start + length, rows["duration"]), 1.0)


def full_oracle(truth: pd.DataFrame) -> pd.DataFrame:
    """The annotated clips themselves, with score 1."""
    require_columns(truth, ["window_id", "start", "end"], "the table of annotated clips")
    return _clips(truth["window_id"], truth["start"], truth["end"], 1.0)


def capped_oracle(truth: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """The first annotated clips of each window, no more than `released_cap`: the best that the released code can do."""
    windows = checked_windows(windows)
    oracle = _oracle_of(truth, windows)
    caps = pd.Series(released_cap(windows["duration"]), windows["window_id"])
    return oracle[oracle.groupby("window_id").cumcount() < oracle["window_id"].map(caps)].reset_index(drop=True)


def repeated_oracle(truth: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """The first annotated clip of each window, as often as `released_cap` allows."""
    windows = checked_windows(windows)
    caps = pd.Series(released_cap(windows["duration"]), windows["window_id"])
    firsts = _oracle_of(truth, windows).drop_duplicates("window_id")
    return firsts.loc[firsts.index.repeat(firsts["window_id"].map(caps))].reset_index(drop=True)


def _oracle_of(truth: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """The annotated clips in order of time within each window, all of which must be known."""
    oracle = full_oracle(truth).sort_values(["window_id", "start", "end"], kind="stable")
    window_codes(truth, pd.Index(windows["window_id"]), "the table of annotated clips")
    return oracle


def _require_length(length: float) -> None:
    if not length > 0:
        raise VideoError(f"clips of {length:g} s are none: choose a length above 0 s.")


def _clips(window_ids: pd.Series, start: np.ndarray, end: np.ndarray, score: np.ndarray | float) -> pd.DataFrame:
    columns = {"window_id": window_ids.to_numpy(), "start": np.asarray(start), "end": np.asarray(end), "score": score}
    return pd.DataFrame(columns)
