import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from nbutils.climate.breakpoints.autoregression import simulate_autoregression
from nbutils.climate.breakpoints.block_length import block_length, memory_days
from nbutils.climate.breakpoints.blocks import block_counts, draw_blocks, interval
from nbutils.climate.breakpoints.bootstrap import dead_band_intervals, two_segment_intervals
from nbutils.climate.breakpoints.dead_band import fit_dead_band
from nbutils.climate.breakpoints.design import design
from nbutils.climate.breakpoints.two_segments import fit_two_segments
from nbutils.climate.io.calendar import public_holidays
from tests.climate.breakpoints.made_series import made_series


def test_counts_are_of_circular_blocks_cut_to_the_length():
    counts = block_counts(23, 5, 40, seed=3)

    expected = np.zeros((40, 23), dtype=int)
    for sample, starts in enumerate(np.random.default_rng(3).integers(23, size=(40, 5))):
        days = np.concatenate([(start + np.arange(5)) % 23 for start in starts])[:23]
        np.add.at(expected[sample], days, 1)
    np.testing.assert_array_equal(counts, expected)


def test_all_days_are_drawn_equally_often():
    counts = block_counts(30, 7, 20_000, seed=0)

    assert counts.mean(0) == pytest.approx(np.ones(30), abs=0.03)


def test_blocks_are_chosen_from_the_residuals_and_stretched_for_what_they_lose():
    residuals = simulate_autoregression(np.array([0.6]), 1.0, 400, 1, np.random.default_rng(0))[:, 0]
    memory = memory_days(residuals)

    chosen = draw_blocks(residuals, 10, resamples=5, seed=1)
    given = draw_blocks(residuals, 10, block_days=50, resamples=5, seed=1)

    assert chosen.days == block_length(memory, 400)
    assert given.days == 50
    wider = t.ppf(0.975, 12) / norm.ppf(0.975)
    assert given.stretch == pytest.approx(np.sqrt(400 / 390 * 8 / 7 / (1 - memory / 50)) * wider)
    np.testing.assert_array_equal(given.counts, block_counts(400, 50, 5, seed=1))
    assert draw_blocks(residuals, 10, block_days=1, resamples=5).stretch < 1.45
    with pytest.raises(ValueError, match="blocks of 201 days cannot be drawn from 400 days"):
        draw_blocks(residuals, 10, block_days=201)


def test_interval_is_percentiles_moved_from_the_estimate():
    replicates = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, np.nan], [4.0, 20.0]])

    low, high = interval(np.array([2.0, 20.0]), replicates, 2.0, level=0.5)

    # Ranks 0.25 (k + 1) and 0.75 (k + 1) of k = 4 and 3 values.
    assert low == pytest.approx([2 + 2 * (1.25 - 2), 20 + 2 * (10 - 20)])
    assert high == pytest.approx([2 + 2 * (3.75 - 2), 20 + 2 * (30 - 20)])


@pytest.mark.parametrize(
    ("intervals", "fit", "names"),
    [
        (two_segment_intervals, fit_two_segments, ["breakpoint", "slope_below", "slope_above"]),
        (dead_band_intervals, fit_dead_band, ["low", "high", "slope_below", "slope_above"]),
    ],
)
def test_intervals_are_those_of_fits_to_days_repeated_as_drawn(intervals, fit, names):
    temperature, value, covariates = made_series(1, 300, low=11.0, high=17.0, sd=1.0)

    table = intervals(temperature, value, covariates, block_days=10, resamples=30, seed=4)

    estimate = fit(temperature, value, covariates)
    residuals = value - estimate.curve(temperature) - covariates @ estimate.effects
    blocks = draw_blocks(residuals, 1 + len(names) + covariates.shape[1], block_days=10, resamples=30, seed=4)
    replicates = []
    for counts in blocks.counts:
        drawn = np.repeat(np.arange(300), counts)
        replicates.append([getattr(fit(temperature[drawn], value[drawn], covariates[drawn]), name) for name in names])
    values = np.array([getattr(estimate, name) for name in names])
    low, high = interval(values, np.array(replicates), blocks.stretch)
    assert list(table["quantity"]) == names
    assert set(table["block_days"]) == {10}
    assert table["estimate"].to_numpy() == pytest.approx(values)
    assert table["low"].to_numpy() == pytest.approx(low, abs=1e-5)
    assert table["high"].to_numpy() == pytest.approx(high, abs=1e-5)


def test_tables_and_arrays_with_and_without_covariates_are_taken():
    temperature, value, _ = made_series(2, 200)

    table = two_segment_intervals(temperature, value, resamples=50).set_index("quantity")

    assert table.loc["breakpoint", "low"] < 15 < table.loc["breakpoint", "high"]
    assert table.loc["slope_below", "high"] < 0 < table.loc["slope_above", "low"]


def test_thresholds_of_french_demand(shared_data):
    """Those found before by other programs: 15.8 degrees [15.3, 16.3], and a dead band from 15.5 to 21.0."""
    days = pd.read_csv(shared_data("rte_france_daily_peak.csv"), parse_dates=["date"]).dropna()
    days = days[days["date"].dt.year.between(2012, 2023)]
    percent = 100 * days["peak_demand_mw"] / days.groupby(days["date"].dt.year)["peak_demand_mw"].transform("mean")
    holidays = public_holidays("France", range(2012, 2024))[0]
    covariates = design(pd.DatetimeIndex(days["date"]), days["date"].isin(holidays))
    series = days["temperature_c"], percent, covariates

    breakpoint = two_segment_intervals(*series, resamples=200).iloc[0]
    band = dead_band_intervals(*series, resamples=200).set_index("quantity")

    assert breakpoint["estimate"] == pytest.approx(15.8, abs=0.15)
    assert (breakpoint["low"], breakpoint["high"]) == pytest.approx((15.3, 16.3), abs=0.4)
    assert band["estimate"][["low", "high"]].to_numpy() == pytest.approx([15.5, 21.0], abs=0.15)


@pytest.mark.slow
def test_intervals_cover_where_days_drawn_one_by_one_do_not():
    covered = {"chosen": 0, "single days": 0}
    for seed in range(100):
        series = made_series([seed, 5], rho=0.8)
        for name, block_days in (("chosen", None), ("single days", 1)):
            table = two_segment_intervals(*series, block_days=block_days, resamples=150, seed=seed)
            stretch = 1.0 if block_days is None else np.sqrt(0.5)
            low, estimate, high = table.loc[0, ["low", "estimate", "high"]]
            covered[name] += estimate + stretch * (low - estimate) < 15 < estimate + stretch * (high - estimate)

    assert covered["chosen"] >= 88
    assert covered["single days"] <= 80
