"""Videos that stand in several splits, and splits without such."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from nbutils.video.annotations.tables import Annotations, window_ids
from nbutils.video.errors import VideoError


def leaking_videos(splits: Mapping[str, Annotations]) -> pd.DataFrame:
    """Videos that two splits share, so that what is learnt or chosen on one is known of the other.

    Returns:
        One row per video and pair of splits: `video_id`, `first` and `second` (names of the splits), `first_windows`
        and `second_windows` (how many of the video's windows are in each), `shared_windows` (starts in both).
    """
    starts = {
        name: annotations.windows.groupby("video_id")["window_start"].agg(list) for name, annotations in splits.items()
    }
    rows = []
    for first, second in combinations(splits, 2):
        for video in starts[first].index.intersection(starts[second].index):
            one, other = starts[first][video], starts[second][video]
            rows.append((video, first, second, len(one), len(other), len(set(one) & set(other))))
    columns = ["video_id", "first", "second", "first_windows", "second_windows", "shared_windows"]
    return pd.DataFrame(rows, columns=columns)


def pool(splits: Mapping[str, Annotations]) -> Annotations:
    """The windows of all splits together, those that stand in several told apart by the end of their `window_id`."""
    names = list(splits)
    windows = pd.concat([splits[name].windows for name in names], keys=names, names=["split"]).reset_index("split")
    clips = pd.concat([splits[name].clips for name in names], keys=names, names=["split"]).reset_index("split")
    windows = windows.reset_index(drop=True)
    windows["pooled_id"] = window_ids(windows["video_id"], windows["window_start"])
    ids = windows.set_index(["split", "window_id"])["pooled_id"]
    clips["window_id"] = ids.loc[list(zip(clips["split"], clips["window_id"], strict=True))].to_numpy()
    windows["window_id"] = windows["pooled_id"]
    return Annotations(windows.drop(columns=["split", "pooled_id"]), clips.drop(columns="split").reset_index(drop=True))


def split_by_video(annotations: Annotations, shares: Mapping[str, float], seed: int = 0) -> dict[str, Annotations]:
    """Splits by chance such that all windows of a video are in one split.

    Args:
        annotations: what to split; `pool` puts leaking splits together first.
        shares: of the videos, by the name of the split; they sum to 1.
        seed: of the draw.

    Raises:
        VideoError: the shares do not sum to 1, or leave a split without a video.
    """
    if min(shares.values(), default=0) <= 0 or not np.isclose(sum(shares.values()), 1):
        raise VideoError(f"shares of splits must be positive and sum to 1, not {dict(shares)}.")
    videos = np.random.default_rng(seed).permutation(np.sort(annotations.windows["video_id"].unique()))
    stops = np.round(np.cumsum(list(shares.values())) * len(videos)).astype(int)
    result = {}
    for name, start, stop in zip(shares, [0, *stops[:-1]], stops, strict=True):
        if start == stop:
            raise VideoError(f"{len(videos)} videos leave none for the split {name!r}: raise its share.")
        result[name] = _of_videos(annotations, videos[start:stop])
    return result


def _of_videos(annotations: Annotations, videos: np.ndarray) -> Annotations:
    windows, clips = annotations.windows, annotations.clips
    return Annotations(
        windows[windows["video_id"].isin(videos)].reset_index(drop=True),
        clips[clips["video_id"].isin(videos)].reset_index(drop=True),
    )
