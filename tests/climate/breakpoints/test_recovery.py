import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.recovery import recovery


def found(definition, tc, sector="total"):
    return {
        "country": "Made",
        "sector": sector,
        "definition": definition,
        "tc": tc,
        "low": tc - 1,
        "high": tc + 1,
        "slope_below": -1.0,
        "slope_above": 1.0,
    }


def truth(sector="total", *, tc=np.nan, low=np.nan, high=np.nan, shape="v", above=2.0):
    return {
        "country": "Made",
        "sector": sector,
        "shape": shape,
        "tc": tc,
        "low": low,
        "high": high,
        "slope_below": -2.0,
        "slope_above": above,
    }


def compared(rows, truths):
    return recovery(pd.DataFrame(rows), pd.DataFrame(truths))


def test_a_v_is_one_temperature_for_every_definition():
    table = compared(
        [found("breakpoint", 15.5), found("dead_band_low", 14.0), found("lowess_minimum", 13.5)], [truth(tc=15.0)]
    )

    assert table["planted_low"].tolist() == table["planted_high"].tolist() == [15, 15, 15]
    assert table["error"].tolist() == [0.5, -1.0, -1.5]
    assert table["covered"].tolist() == [True, True, False]


def test_a_dead_band_is_right_at_its_ends_or_anywhere_within():
    rows = [found("breakpoint", 13.0), found("dead_band_low", 13.0), found("dead_band_high", 13.0)]

    table = compared([*rows, found("gam_minimum", 20.5)], [truth(low=12.0, high=18.0, shape="dead_band")])

    assert table["error"].tolist() == [0, 1, -5, 2.5]
    assert table["covered"].tolist() == [True, True, False, False]
    assert table["planted_low"].tolist() == [12, 12, 18, 12]
    assert table["planted_high"].tolist() == [18, 12, 18, 18]


def test_a_line_is_recovered_by_no_threshold():
    table = compared([found("breakpoint", np.nan), found("gam_minimum", 10.0)], [truth(shape="none", above=-2.0)])

    assert table["covered"].tolist() == [True, False]
    assert table["error"].isna().all()


def test_a_response_that_does_not_rise_has_no_minimum_and_no_upper_end():
    rows = [found("breakpoint", 18.2), found("gam_minimum", 20.0), found("dead_band_high", 25.0)]

    table = compared(rows, [truth(tc=18.0, above=0.0)])

    assert table["definition"].tolist() == ["breakpoint"]


def test_a_missing_estimate_does_not_cover():
    table = compared([found("breakpoint", np.nan)], [truth(tc=18.0)])

    assert not table["covered"].any()
    assert table["error"].isna().all()


def test_series_are_matched_by_name():
    table = compared(
        [found("breakpoint", 15.0, "power"), found("breakpoint", 15.0)], [truth("power", tc=15.0), truth(tc=19.0)]
    )

    assert table["error"].tolist() == [0, -4]
