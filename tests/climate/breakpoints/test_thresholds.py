from threading import Event, active_count

import pandas as pd
import pytest

from nbutils.climate.breakpoints import in_parallel
from nbutils.climate.breakpoints.curves import response_curves
from nbutils.climate.breakpoints.definitions import DEFINITIONS
from nbutils.climate.breakpoints.thresholds import thresholds
from tests.climate.breakpoints.made_days import made_days

COLUMNS = [
    *("country", "sector", "definition", "tc", "low", "high", "slope_below", "slope_above", "turns", "p_exists"),
    *("bic", "cv_error", "n", "block_days", "flags"),
]


@pytest.fixture(scope="module")
def days():
    """A V, a dead band, a straight line and a short response that does not turn."""
    return pd.concat(
        [
            made_days(0, country="Alba", sector="power"),
            made_days(1, country="Alba", sector="Residential", below=-4.0, above=-1.0, days=340, tc=14.0),
            made_days(2, country="Bora", sector="power", band=8.0),
            made_days(3, country="Bora", sector="total", above=-2.0),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def table(days):
    return thresholds(days, seed=1)


def rows_of(table, country, sector):
    return table[(table["country"] == country) & (table["sector"] == sector)].set_index("definition")


def test_a_row_for_each_series_and_definition(table):
    assert table.columns.tolist() == COLUMNS
    assert len(table) == 4 * 6
    assert table["definition"].tolist() == list(DEFINITIONS) * 4
    assert table.drop_duplicates(["country", "sector"])["n"].tolist() == [340, 1461, 1461, 1461]


def test_a_planted_v_is_found(table):
    rows = rows_of(table, "Alba", "power")

    assert rows["low"]["breakpoint"] < 15 < rows["high"]["breakpoint"]
    assert rows["high"]["breakpoint"] - rows["low"]["breakpoint"] < 1.5
    assert rows["p_exists"]["breakpoint"] < 0.01
    assert rows["p_exists"].isna().sum() == 5
    assert rows["turns"]["breakpoint"] == 1
    # The mean of the values is not 100, so that planted slopes are those in % up to a factor.
    assert rows["slope_below"]["breakpoint"] == pytest.approx(-1.8, abs=0.2)
    assert rows["slope_above"]["breakpoint"] == pytest.approx(2.25, abs=0.2)
    assert (rows["tc"] - 15).abs().max() < 1.2
    assert (rows["low"] <= rows["tc"]).all()
    assert (rows["tc"] <= rows["high"]).all()
    assert (rows["flags"] == "").all()
    assert rows["bic"].isna().tolist() == rows["cv_error"].isna().tolist() == [False] * 3 + [True, False, True]


def test_a_planted_dead_band_is_found(table):
    rows = rows_of(table, "Bora", "power")

    assert rows["tc"]["dead_band_low"] == pytest.approx(11, abs=1)
    assert rows["tc"]["dead_band_high"] == pytest.approx(19, abs=1)
    assert rows["bic"]["dead_band_low"] < rows["bic"]["breakpoint"]


def test_a_straight_line_gets_no_number(table):
    rows = rows_of(table, "Bora", "total")

    assert rows[["tc", "low", "high", "slope_below", "slope_above"]].isna().all(axis=None)
    assert rows["p_exists"]["breakpoint"] > 0.05
    assert (rows["flags"] == "no_breakpoint").all()
    assert [sentence for sentence in table.attrs["report"] if "straight line" in sentence] == [
        f"Bora, total: A straight line is not rejected (p = {rows['p_exists']['breakpoint']:.2g}): no threshold."
    ]


def test_a_short_residential_series_is_flagged(table):
    rows = rows_of(table, "Alba", "Residential")

    assert rows["tc"]["breakpoint"] == pytest.approx(14, abs=1.5)
    assert rows["turns"]["breakpoint"] < 0.5
    assert rows["flags"]["breakpoint"] == "circular;short"


def test_a_curve_lowest_at_the_edge_has_no_minimum():
    """Two slopes, both falling."""
    table = thresholds(made_days(below=-5.0, above=-1.0)).set_index("definition")

    assert table["tc"]["breakpoint"] == pytest.approx(15, abs=1)
    assert table["turns"]["breakpoint"] == 0
    assert table["tc"][["lowess_minimum", "gam_minimum"]].isna().all()
    assert (table["flags"].iloc[3:] == "at_edge").all()


def test_a_breakpoint_at_the_edge_is_flagged():
    table = thresholds(made_days(tc=25.5, below=-1.0, above=30.0, sd=2.0), ["breakpoint"])

    assert table["flags"].tolist() == ["at_edge"]
    assert table["tc"][0] == pytest.approx(25.5, abs=1.0)


def test_workers_and_other_series_change_nothing(days, table):
    alone = days[(days["country"] == "Bora") & (days["sector"] == "power")]

    pd.testing.assert_frame_equal(thresholds(days, seed=1, workers=1), thresholds(days, seed=1, workers=3))
    pd.testing.assert_frame_equal(thresholds(alone, seed=1), table[12:18].reset_index(drop=True), check_names=False)


def test_the_seed_moves_intervals_and_not_estimates(days):
    alone = days[(days["country"] == "Bora") & (days["sector"] == "power")]
    one, other = (thresholds(alone, ["breakpoint"], seed=seed) for seed in (1, 2))

    assert one["tc"].tolist() == other["tc"].tolist()
    assert one["low"].tolist() != other["low"].tolist()


def test_only_the_definitions_asked_for(days):
    alone = days[days["country"] == "Alba"]

    table = thresholds(alone, ["gam_minimum", "dead_band_high"], block_days=20, resamples=40)

    assert table["definition"].tolist() == ["gam_minimum", "dead_band_high"] * 2
    assert (table["block_days"] == 20).all()


def test_shocks_are_masked():
    days = made_days()
    dip = (days["date"] >= "2020-03-01") & (days["date"] < "2020-05-01")
    hurt = days.assign(value=days["value"] - 40 * dip)

    masked = thresholds(hurt.assign(is_shock=dip), ["breakpoint"])
    unmasked = thresholds(hurt, ["breakpoint"])

    assert masked["n"][0] == 1461 - 61
    assert abs(masked["tc"][0] - 15) < 0.5 < abs(unmasked["tc"][0] - 15)
    assert masked.attrs["report"] == ["Made, total: 61 days of shocks are left out."]


def test_sixty_days_are_enough():
    table = thresholds(made_days(days=60, below=-6.0, above=6.0, tc=2.0, sd=1.0))

    assert table["n"].tolist() == [60] * 6
    assert table["flags"].str.contains("short").all()


def test_curves_pass_through_the_adjusted_values(days, table):
    curves = response_curves(days, table)

    one = curves[(curves["country"] == "Bora") & (curves["sector"] == "power") & (curves["days"] > 15)]
    for name in ("dead_band", "gam", "lowess"):
        assert (one["adjusted"] - one[name]).abs().mean() < 2.0
    line = curves[(curves["country"] == "Bora") & (curves["sector"] == "total")]
    assert line[["breakpoint", "dead_band"]].isna().all(axis=None)
    assert line["gam"].notna().all()
    assert curves.groupby(["country", "sector"])["days"].sum().tolist() == [340, 1461, 1461, 1461]


def test_a_curve_not_asked_for_is_missing(days):
    alone = days[(days["country"] == "Alba") & (days["sector"] == "power")]

    curves = response_curves(alone, thresholds(alone, ["breakpoint"], resamples=40))

    assert curves["dead_band"].isna().all()
    kink = curves["temperature_c"][curves["breakpoint"].idxmin()]
    assert kink == pytest.approx(15, abs=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"definitions": ["minimum"]}, "'minimum' is no definition: choose from breakpoint, "),
        ({"definitions": []}, "no definition is named"),
        ({"block_days": 0}, "block_days is 0"),
        ({"resamples": 10}, "resamples is 10"),
        ({"smoothing_days": 4}, "smoothing_days is 4"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        thresholds(made_days(days=100), **settings)


def test_tables_that_cannot_be_fitted_are_refused():
    days = made_days(days=100)

    with pytest.raises(ValueError, match="has no column 'temperature_c'"):
        thresholds(days.drop(columns="temperature_c"))
    with pytest.raises(ValueError, match="is empty"):
        thresholds(days[:0])
    with pytest.raises(ValueError, match="Short, total: 59 usable days"):
        thresholds(pd.concat([days, made_days(days=59, country="Short")], ignore_index=True))
    with pytest.raises(ValueError, match="Made, total: 2019-01-08 has two rows"):
        thresholds(pd.concat([days, days[7:8]], ignore_index=True))
    with pytest.raises(ValueError, match="Made, total: value is the same share of its year's mean on every day"):
        thresholds(days.assign(value=7.0))
    with pytest.raises(ValueError, match="Made, total: blocks of 60 days"):
        thresholds(days, block_days=60)


def test_an_interrupt_ends_the_rest(monkeypatch):
    """What waits is cancelled, and the threads are gone when the interrupt arrives."""
    fitted, release, before = [], Event(), active_count()

    def interrupted(futures, description):
        release.set()
        raise KeyboardInterrupt

    def wait(rows):
        release.wait()
        fitted.append(rows["country"].iloc[0])
        return rows

    monkeypatch.setattr(in_parallel, "progress", interrupted)
    many = pd.concat([made_days(days=60, country=f"Land {number}") for number in range(500)], ignore_index=True)

    with pytest.raises(KeyboardInterrupt):
        in_parallel.for_each_series(many, wait, "waits", 2)

    assert len(fitted) < 500
    assert active_count() == before


@pytest.mark.slow
def test_intervals_cover_what_each_definition_estimates():
    """Each covers the mean of its own estimates, breakpoints the kink; in 93 to 98 % of 250 series."""
    days = pd.concat([made_days(seed, country=f"Land {seed}", sd=3.0, above=3.0) for seed in range(40)])

    table = thresholds(days)

    for definition, rows in table.groupby("definition"):
        own = 15.0 if definition == "breakpoint" else rows["tc"].mean()
        assert ((rows["low"] <= own) & (own <= rows["high"])).mean() > 0.86


def test_france_is_as_measured_before(shared_data):
    """Daily peak demand 2012 to 2023: breakpoint 15.8 [15.3, 16.3], LOWESS 19.0 [18.3, 19.6], dead band 15.5 / 21.0."""
    read = pd.read_csv(shared_data("rte_france_daily_peak.csv"), parse_dates=["date"])
    days = read.assign(country="France", sector="total", value=read["peak_demand_mw"], is_holiday=False)

    table = thresholds(days).set_index("definition")

    assert table["tc"]["breakpoint"] == pytest.approx(15.8, abs=0.3)
    assert table["low"]["breakpoint"] == pytest.approx(15.3, abs=0.4)
    assert table["high"]["breakpoint"] == pytest.approx(16.3, abs=0.4)
    assert table["tc"]["lowess_minimum"] == pytest.approx(19.0, abs=0.4)
    assert table["low"]["lowess_minimum"] == pytest.approx(18.3, abs=0.5)
    assert table["high"]["lowess_minimum"] == pytest.approx(19.6, abs=1.0)
    assert table["tc"]["dead_band_low"] == pytest.approx(15.5, abs=0.3)
    assert table["tc"]["dead_band_high"] == pytest.approx(21.0, abs=0.5)
