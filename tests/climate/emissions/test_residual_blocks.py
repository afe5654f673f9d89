import numpy as np
import pandas as pd

from nbutils.climate.emissions.residual_blocks import ratio_interval


def test_winter_errors_stay_in_winter():
    dates = pd.date_range("2019-01-01", "2021-12-31")
    noise = np.random.default_rng(0).normal(size=len(dates))
    winter = (dates.month <= 2) | (dates.month == 12)
    residuals = pd.Series(np.where(winter, 0.1, 0.001) * noise, index=dates)
    year = pd.Series(1.0, index=pd.date_range("1971-01-01", "1971-12-31"))

    low, high = ratio_interval(year, residuals, 200, seed=0)

    width = pd.Series(high - low, index=year.index).groupby(year.index.month).mean()
    assert width[1] > 0.3
    assert width[7] < 0.005


def test_without_errors_the_interval_is_the_prediction():
    dates = pd.date_range("2019-01-01", "2020-12-31")
    ratio = pd.Series(np.linspace(0.9, 1.1, 31), index=pd.date_range("1980-05-01", "1980-05-31"))

    low, high = ratio_interval(ratio, pd.Series(0.0, index=dates), 10, seed=0)

    np.testing.assert_allclose(low, ratio)
    np.testing.assert_allclose(high, ratio)


def test_errors_that_all_days_share_leave_no_trace():
    """The month's total fixes the level, so that only differences between days are uncertain."""
    dates = pd.date_range("2019-01-01", "2020-12-31")
    ratio = pd.Series(1.0, index=pd.date_range("1980-05-01", "1980-05-31"))

    low, high = ratio_interval(ratio, pd.Series(0.3, index=dates), 10, seed=0)

    np.testing.assert_allclose(high - low, 0, atol=1e-12)
