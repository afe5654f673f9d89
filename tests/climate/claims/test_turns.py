import numpy as np
import pandas as pd
import pytest

from nbutils.climate import claims
from nbutils.suite.findings import finding_record

KINK = {
    "country": "US",
    "sector": "total",
    "definition": "breakpoint",
    "tc": 15.0,
    "low": 14.5,
    "high": 15.5,
    "slope_below": -1.8,
    "slope_above": 1.6,
    "turns": 1.0,
    "p_exists": 0.002,
    "n": 3650,
    "flags": "",
}
STRAIGHT = dict.fromkeys(["tc", "low", "high", "slope_below", "slope_above", "turns"], np.nan) | {
    "p_exists": 0.4,
    "flags": "no_breakpoint",
}
V = {"shape": "v", "tc": 14.9, "low": np.nan, "high": np.nan}
LINE = {"shape": "none", "tc": np.nan, "low": np.nan, "high": np.nan}
BAND = {"shape": "dead_band", "tc": np.nan, "low": 12.0, "high": 18.0}


def series(row, **other):
    return pd.Series(row | other)


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({}, "holds"),
        ({"low": 12.0, "high": 18.0}, "not testable here"),
        ({"tc": 20.0, "low": 19.0, "high": 21.0}, "fails"),
        (STRAIGHT, "not testable here"),
    ],
)
@pytest.mark.parametrize("planted", [None, V])
def test_a_breakpoint_is_held_against_the_published_or_planted_one(row, verdict, planted):
    finding = claims.breakpoint_finding("US", series(KINK, **row), planted and pd.Series(planted))

    assert finding_record(finding)["verdict"] == verdict
    assert finding["paper"] == (14.9 if planted is None else "planted 14.9")


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({}, "fails"),  # a turn where none was planted
        ({"slope_above": -1.0, "turns": 0.01}, "holds"),  # a bend is no turn
        (STRAIGHT, "holds"),
    ],
)
def test_nothing_is_found_where_nothing_was_planted(row, verdict):
    finding = claims.breakpoint_finding("simulated Chile", series(KINK, **row), pd.Series(LINE))

    assert finding_record(finding)["verdict"] == verdict
    assert finding["measured"] == (0.4 if row is STRAIGHT else 0.002)


def test_anywhere_in_a_planted_band_is_right():
    finding = claims.breakpoint_finding("x", series(KINK, tc=17.0, low=12.0, high=18.5), pd.Series(BAND))

    assert (finding["verdict"], finding["paper"]) == ("holds", "planted 12 to 18")


@pytest.mark.parametrize(
    ("row", "verdict"),
    [({}, "holds"), ({"turns": 0.6}, "not testable here"), (STRAIGHT, "not testable here")],
)
def test_a_turn_without_a_figure_to_hold_it_against(row, verdict):
    finding = claims.breakpoint_finding("Peru", series(KINK, country="Peru", **row))

    assert finding_record(finding)["verdict"] == verdict
    assert finding["paper"] is None


@pytest.mark.parametrize(
    ("country", "row", "p", "verdict"),
    [
        ("US", {}, 0.002, "holds"),
        ("US", {"tc": 20.0, "low": 19.0, "high": 21.0}, 0.002, "fails"),
        ("simulated US", {"tc": 20.0, "low": 19.0, "high": 21.0}, 0.002, "holds"),  # not held against the kink
        ("Peru", {}, 0.2, "not testable here"),
        ("Peru", {"flags": "at_edge", "turns": 0.8}, 0.002, "not testable here"),
        ("Peru", STRAIGHT, 0.002, "not testable here"),
    ],
)
def test_a_minimum(country, row, p, verdict):
    least = series(KINK, country=country, definition="lowess_minimum", **row)

    assert finding_record(claims.minimum_finding(country, least, p))["verdict"] == verdict


def pair(kink, least, flags=""):
    """Rows of a series whose intervals reach half a degree to either side."""
    rows = [
        KINK | {"definition": name, "tc": tc, "low": tc - 0.5, "high": tc + 0.5, "flags": flags}
        for name, tc in (("breakpoint", kink), ("lowess_minimum", least))
    ]
    return pd.DataFrame(rows)


def many(apart):
    """Seven series, so many of which differ."""
    return pd.concat([pair(15.0, 17.0 if number < apart else 15.5).assign(country=number) for number in range(7)])


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (pair(15.0, 17.0), "holds"),
        (pair(15.0, 12.0), "holds"),
        (pair(15.0, 15.8), "not testable here"),
        (pair(15.0, 17.0, "circular"), "not testable here"),
        (pair(15.0, np.nan), "not testable here"),
        (many(1), "not testable here"),
        (many(2), "holds"),
    ],
)
def test_breakpoint_and_minimum_differ(table, verdict):
    assert finding_record(claims.difference_finding(table))["verdict"] == verdict


def test_published_figures_without_a_series():
    finding = claims.published_turn_finding("Global")

    assert (finding["paper"], finding["verdict"]) == (16.5, "not testable here")
