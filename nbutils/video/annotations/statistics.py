"""What a set of annotations holds."""

from collections.abc import Mapping

import pandas as pd

from nbutils.video.annotations.tables import Annotations


def describe(splits: Mapping[str, Annotations]) -> pd.DataFrame:
    """Size and shape of each split.

    Returns:
        One row per split: `split`, `windows`, `repeated_windows` (same video and start as one before them), `videos`,
        `empty_windows` (without clips), `clips`, `hours` (of windows), `mean_length` and `median_length` (s, of clips),
        `median_gap` (s, see `gaps`), `coverage` (clips' share of a window, mean over windows) and `clips_per_minute`
        (likewise), `pooled_coverage` and `pooled_clips_per_minute` (of all windows taken together).
    """
    return pd.DataFrame([{"split": name} | _row(annotations) for name, annotations in splits.items()])


def gaps(annotations: Annotations) -> pd.DataFrame:
    """Time between clips that follow one another in a window.

    Returns:
        One row per pair: `window_id`, `gap` (s).
    """
    clips = annotations.clips
    gap = clips["start"] - clips.groupby("window_id")["end"].shift()
    return pd.DataFrame({"window_id": clips["window_id"], "gap": gap}).dropna(ignore_index=True)


def _row(annotations: Annotations) -> dict[str, float]:
    windows, clips = annotations.windows, annotations.clips
    lengths = clips["end"] - clips["start"]
    minutes = windows["duration"] / 60
    covered = lengths.groupby(clips["window_id"]).sum().reindex(windows["window_id"], fill_value=0.0).to_numpy()
    return {
        "windows": len(windows),
        "repeated_windows": int(windows.duplicated(["video_id", "window_start"]).sum()),
        "videos": windows["video_id"].nunique(),
        "empty_windows": int((windows["clips"] == 0).sum()),
        "clips": len(clips),
        "hours": windows["duration"].sum() / 3600,
        "mean_length": lengths.mean(),
        "median_length": lengths.median(),
        "median_gap": gaps(annotations)["gap"].median(),
        "coverage": (covered / windows["duration"]).mean(),
        "clips_per_minute": (windows["clips"] / minutes).mean(),
        "pooled_coverage": lengths.sum() / windows["duration"].sum(),
        "pooled_clips_per_minute": len(clips) / minutes.sum(),
    }
