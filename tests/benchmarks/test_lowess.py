"""LOWESS against statsmodels, exact and with its `delta`."""

import numpy as np
import pytest
from statsmodels.nonparametric.smoothers_lowess import lowess as statsmodels_lowess

from nbutils.statistics.lowess import lowess

FRAC = 0.3


def draw(n, decimals):
    """Lengths as responses have them, and scores with noise of standard deviation 1."""
    generator = np.random.default_rng(0)
    x = np.round(np.exp(generator.normal(6.5, 1, n)), decimals)
    return x, np.log(x) + generator.normal(size=n)


def by_statsmodels(x, y, delta):
    return statsmodels_lowess(y, x, frac=FRAC, it=3, delta=delta, return_sorted=False)


# Statsmodels without delta takes a minute at 100 000 continuous x and more than that at a million whole numbers.
@pytest.mark.parametrize(
    ("n", "decimals", "rounds"),
    [(100_000, 0, 2), (1_000_000, 0, 1), (10_000, 12, 3), (100_000, 12, 1)],
    ids=["100 k whole numbers", "1 M whole numbers", "10 k continuous", "100 k continuous"],
)
def test_speed(benchmark, measuring, best_seconds, n, decimals, rounds):
    x, y = draw(n if measuring else 300, decimals)
    delta = 0.01 * np.ptp(x)
    lowess(x, y, frac=FRAC)  # compiles

    fits = {}

    def keep(name, fit):
        fits[name] = fit()

    seconds = best_seconds(
        {
            "lowess": lambda: keep("exact", lambda: lowess(x, y, frac=FRAC)),
            "lowess with delta": lambda: lowess(x, y, frac=FRAC, delta=delta),
            "statsmodels": lambda: keep("theirs", lambda: by_statsmodels(x, y, 0.0)),
            "statsmodels with delta": lambda: keep("quick", lambda: by_statsmodels(x, y, delta)),
        },
        rounds=rounds,
    )
    benchmark.pedantic(lambda: lowess(x, y, frac=FRAC), rounds=1)

    np.testing.assert_allclose(fits["exact"], fits["theirs"], rtol=0, atol=1e-7 * np.abs(y).max())
    numbers = {f"{name}, s": value for name, value in seconds.items()} | {
        "statsmodels / lowess (goal at least 2)": seconds["statsmodels"] / seconds["lowess"],
        "statsmodels with delta / lowess": seconds["statsmodels with delta"] / seconds["lowess"],
        "statsmodels with delta / lowess with delta": seconds["statsmodels with delta"] / seconds["lowess with delta"],
        "largest error of delta, in standard deviations of the noise": np.abs(fits["quick"] - fits["theirs"]).max(),
    }
    benchmark.extra_info.update(numbers)
    print("", *(f"{name}: {value:.4f}" for name, value in numbers.items()), sep="\n")
