"""Time and memory of a whole reward calibration, from scores to the gain with its interval."""

import json
import subprocess
import sys

import pytest

MEASURE = """
import json, sys, time, resource
start = time.perf_counter()
import pandas as pd
from nbutils.reward.accuracy import accuracy
from nbutils.reward.calibrators import LengthPenalty, Lowess, PenaltyThenLowess, WindowMean
from nbutils.reward.confounding import confounding
from nbutils.reward.cross_fitting import cross_fitted_margins
from nbutils.reward.gains import gains, score_gains
from nbutils.reward.mean_gains import mean_gains
from nbutils.reward.sections import section_scores
from nbutils.reward.simulated import simulated_pairs
models, pairs = int(sys.argv[1]), int(sys.argv[2])
table = simulated_pairs(models, pairs)
made = time.perf_counter()
{work}
report = {{"seconds of it to import and simulate": made - start, "seconds in all": time.perf_counter() - start}}
report["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(report))
"""
ONE_METHOD = """
margins = cross_fitted_margins(table, {"lowess": Lowess(frac=0.3)}, ["chars"])
gains(margins, resamples=200)
"""
EVERYTHING = """
methods = {
    "length penalty": LengthPenalty(),
    "window mean": WindowMean(),
    "lowess": Lowess(),
    "penalty, then lowess": PenaltyThenLowess(),
}
margins = cross_fitted_margins(table, methods, ["chars"])
confounding(table)
accuracy(margins), section_scores(margins)
gains(margins, 1000), score_gains(margins, 1000), mean_gains(margins, 1000)
"""


def measured(work, models, pairs):
    command = [sys.executable, "-c", MEASURE.format(work=work), str(models), str(pairs)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def show(benchmark, goal, report):
    benchmark.extra_info.update(report)
    print("", goal, *(f"{name}: {value:.1f}" for name, value in report.items()), sep="\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
def test_many_responses_of_one_model(benchmark, measuring):
    """Calibrated, cross-fitted in five folds, with 200 bootstrap samples of the gain."""
    pairs = 150_000 if measuring else 600

    report = benchmark.pedantic(measured, args=(ONE_METHOD, 1, pairs), rounds=1)

    show(benchmark, f"{2 * pairs} responses (goals: 30 s on two cores, 1000 MB)", report)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
def test_many_models_with_all_methods_and_tables(benchmark, measuring):
    models, pairs = (33, 2985) if measuring else (2, 600)

    report = benchmark.pedantic(measured, args=(EVERYTHING, models, pairs), rounds=1)

    show(benchmark, f"{models} models, {pairs} pairs each (goals: 60 s on two cores, 1000 MB)", report)
