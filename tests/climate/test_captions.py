import pandas as pd
import pytest

from nbutils.climate import captions

TABLES = {
    "responses": "thresholds",
    "existence": "thresholds",
    "forest": "thresholds",
    "ranked": "thresholds",
    "recovered": "recovered",
    "models": "choice",
    "skill": "skill",
    "back_cast": "cast_skill",
    "calendar_map": "calendar",
    "ranges": "ranges",
}
OF_EVERYTHING = ["existence", "forest", "recovered"]


@pytest.mark.parametrize("name", TABLES)
def test_captions_name_their_series_and_hold_numbers(tables, name):
    told = getattr(captions, name)(tables[TABLES[name]])

    assert "nan" not in told.split()
    assert told.endswith(".")
    assert name in OF_EVERYTHING or "simulated US" in told


def test_captions_say_what_the_tables_hold(tables):
    row = {"country": "A", "sector": "total", "low": 1.0, "high": 2.0, "turns": 1.0, "p_exists": 0.002}
    slopes = {"slope_below": -1.0, "slope_above": 1.0}
    table = pd.DataFrame(
        [
            row | slopes | {"definition": "breakpoint", "tc": 1.5},
            row | slopes | {"definition": "lowess_minimum", "tc": 1.75},
        ]
    )
    assert captions.responses(table) == "A, total: breakpoint 1.5 °C [1.0, 2.0], LOWESS least at 1.8 °C [1.0, 2.0]."
    assert captions.ranked(table) == "Temperature of least emissions less breakpoint: A, total +0.2 °C."
    assert "1 of 1 series, and 1 of them surely fall" in captions.existence(table)
    straight = table.assign(tc=float("nan"), p_exists=0.4)
    assert captions.responses(straight) == "A, total: no breakpoint (p = 0.4)."
    assert captions.forest(straight) == "No series has a critical temperature under any definition."
    many = pd.concat([table.assign(country=f"A{number}") for number in range(10)])
    assert captions.responses(many).endswith("; and 2 more.")
    trends = captions.extreme_trends(tables["extremes"].trends)
    assert "of 3 series" in trends
    assert captions.extremes_by_year(tables["extremes"].by_year).startswith(
        "Simulated and real series: mean over series: hot days"
    )


def test_empty_tables_are_not_measured():
    for name in ("recovered", "skill", "back_cast", "calendar_map", "ranges", "extremes_by_year", "extreme_trends"):
        assert getattr(captions, name)(pd.DataFrame()).startswith("Not measured")
