import numpy as np
import pandas as pd
import pytest

from nbutils.climate.breakpoints.normalised import normalised
from nbutils.climate.breakpoints.selection import compare_shapes, effective_days, folds_of, model_choice, residuals
from nbutils.climate.breakpoints.spline import fit_spline
from nbutils.climate.breakpoints.two_segments import fit_two_segments
from tests.climate.breakpoints.made_days import made_days


def compared(days):
    series = normalised(days)
    folds = folds_of(series)
    spline = fit_spline(series.temperature_c, series.percent, series.covariates, folds)
    return compare_shapes(series, spline, folds).set_index("model"), series, effective_days(residuals(series, spline))


@pytest.mark.parametrize(
    ("planted", "chosen"), [({"above": -2.0}, "line"), ({}, "two_segments"), ({"band": 7.0}, "dead_band")]
)
def test_the_planted_shape_is_chosen(planted, chosen):
    table, *_ = compared(made_days(sd=2.0, **planted))

    assert list(table.index) == ["line", "two_segments", "dead_band", "spline"]
    assert table["chosen"].idxmax() == chosen
    assert table["chosen"].sum() == 1
    assert table.loc[chosen, "cv_error"] < table["cv_error"].min() * 1.02


def test_error_and_bic_are_those_of_fits_without_each_fold():
    table, series, effective = compared(made_days(days=500))
    folds, squares = folds_of(series), 0.0
    for fold in np.unique(folds):
        out = folds == fold
        fit = fit_two_segments(series.temperature_c[~out], series.percent[~out], series.covariates[~out])
        off = series.temperature_c[out] - fit.breakpoint
        curve = fit.level + np.where(off < 0, fit.slope_below, fit.slope_above) * off
        squares += ((series.percent[out] - curve - series.covariates[out] @ fit.effects) ** 2).sum()
    whole = fit_two_segments(series.temperature_c, series.percent, series.covariates)

    row = table.loc["two_segments"]
    assert row["cv_error"] == pytest.approx(np.sqrt(squares / 500), rel=1e-5)
    parameters = 4 + series.covariates.shape[1]
    assert row["bic"] == pytest.approx(effective * np.log(whole.rss / 500) + parameters * np.log(effective), rel=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_autocorrelated_days_count_for_fewer(rho):
    *_, effective = compared(made_days(1, rho=rho))

    assert effective == pytest.approx(1461 * (1 - rho) / (1 + rho), rel=0.2)


def test_every_series_has_its_rows():
    days = pd.concat([made_days(sector="power"), made_days(1, above=-2.0)], ignore_index=True)

    table = model_choice(days)

    assert table.columns.tolist() == ["country", "sector", "model", "bic", "cv_error", "chosen", "chosen_by_cv"]
    assert table["sector"].tolist() == ["power"] * 4 + ["total"] * 4
    chosen = table[table["chosen"]].set_index("sector")["model"]
    assert chosen.to_dict() == {"power": "two_segments", "total": "line"}
    one, *_ = compared(made_days(1, above=-2.0))
    assert table["bic"].tolist()[4:] == pytest.approx(one["bic"].tolist(), rel=1e-9)
