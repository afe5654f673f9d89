"""What something adds to matched mAP: with it less without it, in the same windows."""

import numpy as np
import pandas as pd

from nbutils.video.given import WindowSet
from nbutils.video.metrics import anchors, paired_difference, random_places, summarise, window_metrics
from nbutils.video.selection.contributions import NOTHING

COMPARED = "matched mAP"
RIVALS = ("random", "tiling")
WHOLE = "whole"
DRAWS = 10


def dropped_gains(
    candidates: pd.DataFrame, clips: pd.DataFrame, windows: WindowSet | None, resamples: int, seed: int
) -> pd.DataFrame:
    """What each modality adds: everything less all but this modality.

    Args:
        candidates: of `scored_windows`.
        clips: of `window_clips`.
        windows: that they lie in.
        resamples: bootstrap samples over videos.
        seed: of the bootstrap.

    Returns:
        One row per modality: `name`, `whole` and `without` (matched mAP, 0-1), `value`, `low`, `high` (their
        difference, 95 %), `n` (windows), `videos`; empty where nothing was scored or dropped.
    """
    if candidates.empty or windows.annotations.clips.empty:
        return pd.DataFrame()
    variants = candidates["dropped"].unique()
    by_variant = {name: _average_precision(clips[clips["dropped"] == name], windows) for name in variants}
    return _gains(by_variant.pop(NOTHING), by_variant, windows, resamples, seed)


def anchor_gains(clips: pd.DataFrame, windows: WindowSet | None, resamples: int, seed: int) -> pd.DataFrame:
    """What the scorer adds to clips at random and to clips side by side; arguments and columns as `dropped_gains`.

    "random places" are the scorer's own clips, with their lengths and scores, each moved to a random place of its
    window: the mean of ten draws.
    """
    if "dropped" not in clips or windows.annotations.clips.empty:
        return pd.DataFrame()
    own, table = clips[clips["dropped"] == NOTHING], windows.annotations.windows
    draws = [_average_precision(random_places(own, table, seed + draw), windows) for draw in range(DRAWS)]
    moved = draws[0].assign(value=np.mean([draw["value"] for draw in draws], axis=0))
    levels = anchors(windows.annotations.clips, table, seed)
    rivals = {name: _average_precision(rows, windows) for name, rows in levels.items() if name.startswith(RIVALS)}
    return _gains(_average_precision(own, windows), {"random places": moved} | rivals, windows, resamples, seed)


def ablation_gains(ablations: pd.DataFrame, windows: WindowSet | None, resamples: int, seed: int) -> pd.DataFrame:
    """What a choice in training adds: the whole recipe less each other variant, mean over the seeds of the training.

    Args:
        ablations: of `embedded.ablations`.
        windows: that they were measured on.
        resamples: bootstrap samples over videos; the few seeds of the training are not resampled.
        seed: of the bootstrap.

    Returns:
        As `dropped_gains`, with the variant as `name`, `seeds` (trainings of each) and `seeds_above` (those of which
        the mean gain is above 0); empty for no ablations.
    """
    if ablations.empty:
        return pd.DataFrame()
    rows = ablations[ablations["metric"] == COMPARED]
    order = windows.annotations.windows["window_id"]
    by_seed = rows.pivot(index="window_id", columns=["variant", "seed"], values="value").loc[order]
    by_variant = {
        variant: pd.DataFrame(
            {"window_id": order, "metric": COMPARED, "tiou": np.nan, "value": by_seed[variant].mean(axis=1).to_numpy()}
        )
        for variant in dict.fromkeys(rows["variant"])
    }
    gains = _gains(by_variant.pop(WHOLE), by_variant, windows, resamples, seed)
    above = [int((by_seed[WHOLE].mean() > by_seed[name].mean()).sum()) for name in gains["name"]]
    return gains.assign(seeds=by_seed[WHOLE].shape[1], seeds_above=above)


def _average_precision(clips: pd.DataFrame, windows: WindowSet) -> pd.DataFrame:
    values = window_metrics(clips, windows.annotations.clips, windows.annotations.windows)
    return values[values["metric"] == COMPARED].reset_index(drop=True)


def _gains(
    whole: pd.DataFrame, others: dict[str, pd.DataFrame], windows: WindowSet, resamples: int, seed: int
) -> pd.DataFrame:
    table, rows = windows.annotations.windows, []
    for name, without in others.items():
        gain = summarise(paired_difference(whole, without), table, resamples, seed).iloc[0]
        row = {"name": name, "whole": whole["value"].mean(), "without": without["value"].mean()}
        rows.append(row | gain[["value", "low", "high", "n"]].to_dict() | {"videos": table["video_id"].nunique()})
    return pd.DataFrame(rows)
