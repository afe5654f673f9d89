"""Breakpoints against pwlf, block bootstraps, a table of many countries, and simulated coverage and level."""

import pandas as pd
import pwlf
import pytest

from nbutils.climate.breakpoints.blocks import block_counts
from nbutils.climate.breakpoints.bootstrap import dead_band_intervals, two_segment_intervals
from nbutils.climate.breakpoints.dead_band import dead_band_replicates, fit_dead_band
from nbutils.climate.breakpoints.existence import breakpoint_test
from nbutils.climate.breakpoints.sorted_days import sort_days
from nbutils.climate.breakpoints.thresholds import thresholds
from nbutils.climate.breakpoints.two_segments import fit_two_segments, two_segment_replicates
from tests.climate.breakpoints.made_series import made_series

GOAL_MS = {1461: 10, 20_000: 100}
RHOS = (0.0, 0.6, 0.8)


def show(benchmark, report):
    benchmark.extra_info.update(report)
    print("", *(f"{name}: {value:.4g}" for name, value in report.items()), sep="\n")


@pytest.mark.parametrize("days", GOAL_MS)
def test_one_fit(benchmark, measuring, best_seconds, days):
    temperature, value, covariates = made_series(0, days if measuring else 200)

    def rival():
        model = pwlf.PiecewiseLinFit(temperature, value)
        model.fitfast(2)
        return model

    # Several in a row: a single one after others that filled the caches takes longer than its share of many.
    in_a_row = 10 if measuring else 1
    functions = {
        "pwlf fitfast(2)": rival,
        "fit_two_segments": lambda: fit_two_segments(temperature, value),
        "fit_two_segments, covariates": lambda: fit_two_segments(temperature, value, covariates),
        "fit_dead_band, covariates": lambda: fit_dead_band(temperature, value, covariates),
        "breakpoint_test, covariates": lambda: breakpoint_test(temperature, value, covariates),
    }
    repeated = {name: lambda one=one: [one() for _ in range(in_a_row)] for name, one in functions.items()}
    seconds = {name: value / in_a_row for name, value in best_seconds(repeated, rounds=4).items()}
    fit = benchmark.pedantic(lambda: fit_two_segments(temperature, value), rounds=1)

    theirs = rival()
    assert fit.rss <= theirs.ssr * (1 + 1e-9)
    assert fit.breakpoint == pytest.approx(theirs.fit_breaks[1], abs=0.05)
    report = {f"{name}, ms": 1e3 * value for name, value in seconds.items()} | {
        "pwlf fitfast(2) / fit_two_segments (goal at least 20)": seconds["pwlf fitfast(2)"]
        / seconds["fit_two_segments"]
    }
    show(benchmark, report)


@pytest.mark.parametrize("days", GOAL_MS)
def test_block_bootstraps(benchmark, measuring, best_seconds, days):
    temperature, value, covariates = made_series(0, days if measuring else 200)
    resamples = 200 if measuring else 3
    plain, full = sort_days(temperature), sort_days(temperature, covariates)

    def draw():
        return block_counts(len(value), 28, resamples, seed=0)

    seconds = best_seconds(
        {
            "draw": draw,
            f"draw and fit two segments (goal at most {GOAL_MS[days]})": lambda: two_segment_replicates(
                plain, value, draw()
            ),
            "draw and fit two segments, covariates": lambda: two_segment_replicates(full, value, draw()),
            "draw and fit dead bands": lambda: dead_band_replicates(plain, value, draw()),
            "draw and fit dead bands, covariates": lambda: dead_band_replicates(full, value, draw()),
        },
        rounds=7,
    )
    benchmark.pedantic(lambda: two_segment_replicates(plain, value, draw()), rounds=1)

    show(benchmark, {f"{resamples} samples: {name}, ms": 1e3 * value for name, value in seconds.items()})


def test_table_of_countries_and_sectors(benchmark, measuring):
    """Four years of days of 70 countries and 6 sectors, every definition, 200 samples each; run it on two cores."""
    countries, sectors, days = (70, 6, 1461) if measuring else (1, 2, 400)
    dates = pd.date_range("2017-01-01", periods=days)
    tables = []
    for country in range(countries):
        for sector in range(sectors):
            temperature, value, _ = made_series([country, sector], days, rho=0.7)
            columns = {
                "date": dates,
                "country": f"country {country}",
                "sector": f"sector {sector}",
                "value": value / 100,
                "temperature_c": temperature,
                "is_holiday": (dates.day == 1) & (dates.month % 3 == 1),
            }
            tables.append(pd.DataFrame(columns))
    table = pd.concat(tables, ignore_index=True).astype({"country": "category", "sector": "category"})

    found = benchmark.pedantic(lambda: thresholds(table, resamples=200 if measuring else 40), rounds=1)

    assert len(found) == countries * sectors * found["definition"].nunique()
    if measuring:
        show(benchmark, {"table, s (goal below 60 on two cores)": benchmark.stats.stats.max})


@pytest.mark.parametrize("shape", ["two segments", "dead band"])
def test_coverage_of_intervals(benchmark, measuring, shape):
    """Of nominal 95 % intervals; 4 years, 11 covariates, residuals with an AR(1) of `rho`."""
    low, high = (15.0, 15.0) if shape == "two segments" else (12.0, 18.0)
    truth = {"breakpoint": low, "low": low, "high": high, "slope_below": -1.8, "slope_above": 1.6}
    intervals = two_segment_intervals if shape == "two segments" else dead_band_intervals

    def simulate():
        tables = []
        for rho in RHOS:
            for seed in range(600 if measuring else 2):
                series = made_series([seed, 1], low=low, high=high, rho=rho)
                tables.append(intervals(*series, resamples=300 if measuring else 20, seed=seed).assign(rho=rho))
        return pd.concat(tables)

    table = benchmark.pedantic(simulate, rounds=1)

    true = table["quantity"].map(truth)
    covers = (table["low"] < true) & (true < table["high"])
    rates = covers.groupby([table["quantity"], table["rho"]]).mean()
    show(
        benchmark,
        {f"coverage of {name} at rho = {rho} (goal 0.92 to 0.97)": rate for (name, rho), rate in rates.items()},
    )


@pytest.mark.parametrize("days", [365, 1461])
def test_level_and_power_of_the_existence_test(benchmark, measuring, days):
    """Share of straight lines and of bent ones for which a straight line is rejected at 5 %; residuals of 3 %."""

    def simulate():
        rows = []
        for bend in (0.0, 0.2, 0.5, 1.4):
            for rho in RHOS:
                for seed in range((600 if bend == 0 else 100) if measuring else 2):
                    series = made_series([seed, 2], days, below=-0.5, above=bend - 0.5, rho=rho)
                    rows.append((bend, rho, breakpoint_test(*series, resamples=299 if measuring else 19, seed=seed).p))
        return pd.DataFrame(rows, columns=["bend", "rho", "p"])

    table = benchmark.pedantic(simulate, rounds=1)

    rates = (table["p"] <= 0.05).groupby([table["bend"], table["rho"]]).mean()
    show(
        benchmark,
        {
            f"n = {days}, slopes that differ by {bend} % per degree, rho = {rho}"
            + (" (goal 0.03 to 0.07)" if bend == 0 else ""): rate
            for (bend, rho), rate in rates.items()
        },
    )
