import numpy as np
import pytest

from nbutils.reward.bias_curves import bias_curves
from nbutils.reward.calibrators import LengthPenalty, Lowess, WindowMean
from tests.reward.test_cross_fitting import made_pairs


def test_curve_of_each_model_and_characteristic_lies_within_its_band():
    pairs = made_pairs()

    table = bias_curves(pairs, Lowess(), ["chars", "bold"], points=20, resamples=40)

    assert list(table.columns) == ["model", "characteristic", "value", "bias", "low", "high", "count"]
    assert list(table.groupby(["model", "characteristic"], sort=False).groups) == [
        ("a", "chars"), ("a", "bold"), ("b", "chars"), ("b", "bold")
    ]  # fmt: skip
    assert (table.groupby(["model", "characteristic"])["count"].sum() == 240).all()
    inside = (table["low"] < table["bias"]) & (table["bias"] < table["high"])
    assert inside.mean() > 0.9


def test_values_reach_from_end_to_end_and_curve_is_that_of_the_method():
    pairs = made_pairs(models=("a",))
    values = pairs[["chosen_chars", "rejected_chars"]].to_numpy()
    fitted = Lowess().fit(values[..., None], pairs[["chosen_score", "rejected_score"]].to_numpy())

    table = bias_curves(pairs, Lowess(), ["chars"], resamples=5)

    assert table["value"].is_monotonic_increasing
    assert table["value"].iloc[[0, -1]].tolist() == [values.min(), values.max()]
    np.testing.assert_allclose(table["bias"], fitted.bias(table[["value"]].to_numpy()), atol=1e-12)


def test_same_seed_same_band_in_any_order_of_rows():
    pairs = made_pairs(models=("a",))

    there = bias_curves(pairs, Lowess(), ["chars"], resamples=10, seed=3)
    back = bias_curves(pairs[::-1], Lowess(), ["chars"], resamples=10, seed=3)

    np.testing.assert_allclose(there[["bias", "low", "high"]], back[["bias", "low", "high"]], atol=1e-9)


def test_thin_windows_are_missing():
    table = bias_curves(made_pairs(models=("a",)), WindowMean(), ["chars"], resamples=10)

    assert table["bias"].isna().any()
    assert table.loc[table["bias"].isna(), "low"].isna().all()
    assert table["bias"].notna().mean() > 0.3


@pytest.mark.filterwarnings("error")
def test_equal_lengths_give_one_point_without_bias():
    pairs = made_pairs(models=("a",)).assign(chosen_chars=9.0, rejected_chars=9.0)

    for method in (Lowess(), WindowMean(), LengthPenalty()):
        table = bias_curves(pairs, method, ["chars"], resamples=5)
        assert table["value"].tolist() == [9.0]
        assert table["count"].tolist() == [240]
        np.testing.assert_allclose(table[["bias", "low", "high"]], 0, atol=1e-12)
