"""Metrics of several predictors with intervals, the anchors always beside them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.anchors import anchors, capped_oracle, full_oracle
from nbutils.video.metrics.highlights import second_scores, window_highlights
from nbutils.video.metrics.summary import summarise
from nbutils.video.metrics.windows import TIOUS, window_metrics


def evaluate(
    predictions: Mapping[str, pd.DataFrame],
    truth: pd.DataFrame,
    windows: pd.DataFrame,
    *,
    at: Sequence[int] = (1, 5, 10),
    thresholds: Sequence[float] = TIOUS,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Metrics of clips (see `window_metrics`) for each predictor, and for the anchors.

    Args:
        predictions: tables of clips by the predictor's name; none for the anchors alone.
        truth: `window_id`, `start`, `end` (s, in the window) of annotated clips.
        windows: `window_id`, `video_id`, `duration` (s) of all windows.
        at: numbers of predictions for AR@n.
        thresholds: temporal IoUs of matched AP and AR.
        resamples: bootstrap samples over videos.
        seed: of the bootstrap and the random anchor.

    Returns:
        One row per predictor, metric and threshold: `predictor`, `anchor` (whether it is one), and the columns of
        `summarise`.

    Raises:
        VideoError: a table cannot be used, or a predictor has the name of an anchor.
    """
    levels = anchors(truth, windows, seed)
    _refuse_shared_names(predictions, levels)
    frames = []
    for name, clips in (*predictions.items(), *levels.items()):
        values = window_metrics(clips, truth, windows, at=at, thresholds=thresholds)
        frames.append(_named(summarise(values, windows, resamples, seed), name, name in levels))
    return pd.concat(frames, ignore_index=True)


def evaluate_seconds(
    predictions: Mapping[str, pd.DataFrame],
    truth: pd.DataFrame,
    windows: pd.DataFrame,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """HL-mAP and HL-Hit@1 (see `window_highlights`) for each predictor, for chance and for the oracles.

    Args:
        predictions: tables of scored seconds (`window_id`, `second`, `score`) by the predictor's name.
        truth: `window_id`, `start`, `end` (s, in the window) of annotated clips.
        windows: `window_id`, `video_id`, `duration` (s) of all windows.
        resamples: bootstrap samples over videos.
        seed: of the bootstrap.

    Returns:
        The columns of `evaluate`.

    Raises:
        VideoError: a table cannot be used, or a predictor has the name of an anchor.
    """
    nothing = pd.DataFrame({"window_id": [], "second": [], "score": []})
    levels = {
        "every second alike": nothing,
        "capped oracle": second_scores(capped_oracle(truth, windows), windows),
        "full oracle": second_scores(full_oracle(truth), windows),
    }
    _refuse_shared_names(predictions, levels)
    frames = []
    for name, seconds in (*predictions.items(), *levels.items()):
        values = window_highlights(seconds, truth, windows)
        frames.append(_named(summarise(values, windows, resamples, seed), name, name in levels))
    return pd.concat(frames, ignore_index=True)


def paired_difference(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Window by window, the first predictor's value minus the second's; `summarise` gives its mean and interval.

    Args:
        first: rows of `window_metrics` or `window_highlights`.
        second: the same of another predictor, over the same windows and with the same settings.

    Returns:
        `window_id`, `metric`, `tiou`, `value`.

    Raises:
        VideoError: the two are not of the same windows and metrics.
    """
    keys = ["window_id", "metric", "tiou"]
    if not first[keys].equals(second[keys]):
        raise VideoError("two predictors are compared on other windows or metrics: measure both in the same way.")
    return first.assign(value=first["value"] - second["value"])


def _named(table: pd.DataFrame, predictor: str, anchor: bool) -> pd.DataFrame:
    table.insert(0, "predictor", predictor)
    table.insert(1, "anchor", anchor)
    return table


def _refuse_shared_names(predictions: Mapping[str, pd.DataFrame], levels: Mapping[str, pd.DataFrame]) -> None:
    for name in predictions:
        if name in levels:
            raise VideoError(f"a predictor is named {name!r} like an anchor: give it another name.")
