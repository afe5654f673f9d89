"""Metrics of dense candidates against the loops of the public evaluation codes."""

import numpy as np
import pandas as pd
import pytest

from nbutils.video.metrics import TIOUS, evaluate, window_metrics


def made_windows(number, minutes, seed=0):
    """Windows with annotated clips as dense as those of Repurpose-10K, and a candidate for every second."""
    random = np.random.default_rng(seed)
    windows = pd.DataFrame({"window_id": np.arange(number), "video_id": np.arange(number), "duration": minutes * 60.0})
    clips, candidates = [], []
    for window in range(number):
        edges = np.sort(random.uniform(0, minutes * 60, (max(1, round(0.6 * minutes)), 2)).ravel()).reshape(-1, 2)
        clips += [(window, start, end) for start, end in edges if end - start > 1]
        middles, reach = np.arange(minutes * 60) + 0.5, random.uniform(5, 45, (minutes * 60, 2))
        starts, ends = middles - reach[:, 0], middles + reach[:, 1]
        scores = random.random(minutes * 60)
        candidates.append(pd.DataFrame({"window_id": window, "start": starts, "end": ends, "score": scores}))
    truth = pd.DataFrame(clips, columns=["window_id", "start", "end"])
    return pd.concat(candidates, ignore_index=True), truth, windows


def mean_average_precision_by_loops(candidates, truth, thresholds):
    """As ActivityNet's and QVHighlights' codes do: for each clip all overlaps at once, then a loop over thresholds."""
    averages, of_window = [], dict(list(candidates.groupby("window_id")))
    for window, rows in truth.groupby("window_id"):
        true = rows[["start", "end"]].to_numpy()
        ranked = of_window[window].sort_values("score", ascending=False)[["start", "end"]].to_numpy()
        hits, taken = np.zeros((len(thresholds), len(ranked))), np.full((len(thresholds), len(true)), False)
        for i, (start, end) in enumerate(ranked):
            shared = np.clip(np.minimum(true[:, 1], end) - np.maximum(true[:, 0], start), 0, None)
            tious = shared / (true[:, 1] - true[:, 0] + end - start - shared)
            for k, threshold in enumerate(thresholds):
                for j in tious.argsort()[::-1]:
                    if tious[j] < threshold:
                        break
                    if not taken[k, j]:
                        taken[k, j] = hits[k, i] = True
                        break
        precision = hits.cumsum(1) / np.arange(1, len(ranked) + 1)
        interpolated = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        averages.append((interpolated * hits).sum(1) / len(true))
    return np.mean(averages)


def test_metrics_speed(benchmark, measuring, best_seconds):
    candidates, truth, windows = made_windows(*((60, 20) if measuring else (2, 3)))
    window_metrics(candidates, truth, windows)

    seconds = best_seconds(
        {
            "all metrics": lambda: window_metrics(candidates, truth, windows),
            "loops, mAP alone": lambda: mean_average_precision_by_loops(candidates, truth, TIOUS),
        },
        rounds=3,
    )
    result = benchmark.pedantic(lambda: window_metrics(candidates, truth, windows), rounds=1)

    mean = result.loc[result["metric"] == "matched mAP", "value"].mean()
    assert mean == pytest.approx(mean_average_precision_by_loops(candidates, truth, TIOUS))
    report = {f"{name}, s": value for name, value in seconds.items()}
    report["candidates"] = len(candidates)
    report["loops / all metrics (goal at least 20)"] = seconds["loops, mAP alone"] / seconds["all metrics"]
    show(benchmark, report)


def test_the_whole_validation_split_with_a_candidate_every_second(benchmark, measuring):
    candidates, truth, windows = made_windows(*((1121, 20) if measuring else (3, 2)))
    evaluate({}, truth, windows, resamples=10)

    table = benchmark.pedantic(lambda: evaluate({"dense": candidates}, truth, windows), rounds=1)

    assert set(table["predictor"]) > {"dense"}
    show(benchmark, {"candidates": len(candidates), "windows": len(windows)})


def show(benchmark, report):
    benchmark.extra_info.update(report)
    print("", *(f"{name}: {value:.3f}" for name, value in report.items()), sep="\n")
