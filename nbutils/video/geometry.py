"""How long annotated clips are, how far apart, and which videos stand in two files."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbutils.statistics import percentile_interval, resampled_sums
from nbutils.video.annotations import Annotations, describe, gaps, leaking_videos, pool
from nbutils.video.published import CLIPS_PER_MINUTE, COVERAGE, MEAN_LENGTH, MEDIAN_GAP, MEDIAN_LENGTH

REFERENCE = "Repurpose-10K, test and val"


def annotation_facts(splits: Mapping[str, Annotations]) -> pd.DataFrame:
    """Size and shape of each file of annotations, beside Repurpose-10K's.

    Returns:
        Rows of `describe`, and one for the published figures; empty for no annotations.
    """
    if not splits:
        return pd.DataFrame()
    known = {"mean_length": MEAN_LENGTH, "median_length": MEDIAN_LENGTH, "median_gap": MEDIAN_GAP}
    known |= {"coverage": COVERAGE, "clips_per_minute": CLIPS_PER_MINUTE}
    found = describe(splits)
    reference = pd.DataFrame([{"split": REFERENCE} | known])
    counts = dict.fromkeys(("windows", "videos", "clips"), "Int64")
    columns = ["split", *counts, "hours", *known, "pooled_coverage", "pooled_clips_per_minute"]
    return pd.concat([found.astype(counts), reference], ignore_index=True)[columns]


def lengths_and_gaps(splits: Mapping[str, Annotations]) -> pd.DataFrame:
    """Each clip's length, and the time to the clip after it in its window.

    Returns:
        `split`, `quantity` ("length" or "gap"), `seconds`.
    """
    frames = []
    for name, annotations in splits.items():
        lengths = annotations.clips["end"] - annotations.clips["start"]
        for quantity, seconds in (("length", lengths), ("gap", gaps(annotations)["gap"])):
            frames.append(pd.DataFrame({"split": name, "quantity": quantity, "seconds": seconds}))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def leaks(splits: Mapping[str, Annotations]) -> pd.DataFrame:
    """How many videos and windows two files of annotations share.

    Returns:
        One row per pair: `first`, `second`, `shared_videos`, `shared_windows`; none for fewer than two files.
    """
    shared = leaking_videos(splits)
    names = list(splits)
    rows = []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            pair = shared[(shared["first"] == first) & (shared["second"] == second)]
            rows.append((first, second, len(pair), int(pair["shared_windows"].sum())))
    return pd.DataFrame(rows, columns=["first", "second", "shared_videos", "shared_windows"])


def estimates(splits: Mapping[str, Annotations], resamples: int, seed: int) -> pd.DataFrame:
    """Coverage, length and rate of clips over all files together.

    A window that is annotated more than once (same video and start, in two files or in one) counts once, as it stands
    first.

    Args:
        splits: annotations by the name of their file.
        resamples: bootstrap samples over videos; a video that stands in two files is one.
        seed: of the bootstrap.

    Returns:
        One row per `quantity` ("coverage" and "clips_per_minute", means over windows as published, and "mean_length" in
        s, over clips): `value`, `low`, `high` (95 %; NaN for a single video), `n` (windows), `videos`; empty where no
        clip is annotated.
    """
    if not any(len(annotations.clips) for annotations in splits.values()):
        return pd.DataFrame()
    pooled = pool(splits)
    windows = pooled.windows.drop_duplicates(["video_id", "window_start"], ignore_index=True)
    clips = pooled.clips[pooled.clips["window_id"].isin(windows["window_id"])]
    lengths = (clips["end"] - clips["start"]).groupby(clips["window_id"]).sum()
    length = lengths.reindex(windows["window_id"], fill_value=0.0).to_numpy()
    by_window = pd.DataFrame(
        {
            "coverage": length / windows["duration"],
            "rate": 60 * windows["clips"] / windows["duration"],
            "length": length,
            "windows": 1.0,
            "clips": windows["clips"],
        }
    )
    sums = by_window.groupby(windows["video_id"]).sum().to_numpy(dtype=float)
    low = high = np.full(3, np.nan)
    if len(sums) > 1:
        low, high = percentile_interval(_means(resampled_sums(sums, resamples, seed)))
    return pd.DataFrame(
        {
            "quantity": ["coverage", "clips_per_minute", "mean_length"],
            "value": _means(sums.sum(0, keepdims=True))[0],
            "low": low,
            "high": high,
            "n": len(windows),
            "videos": len(sums),
        }
    )


def _means(totals: np.ndarray) -> np.ndarray:
    """Coverage and rate over windows and length over clips, [n, 3], from the totals [n, 5] of a sample."""
    coverage, rate, length, windows, clips = totals.T
    return np.stack([coverage / windows, rate / windows, length / np.maximum(clips, 1)], axis=1)
