import numpy as np
import pytest

from nbutils.reward.gains import gains
from nbutils.reward.mean_gains import mean_gains
from nbutils.reward.overall_gains import MEAN_OVER_MODELS, gains_and_means, optimism, overall_gains
from tests.reward.made_margins import made_margins


def accuracy(margins, method, fit, model="m0"):
    rows = margins[(margins["method"] == method) & (margins["fit"] == fit) & (margins["model"] == model)]
    return 100 * (rows["margin"] > 0).mean()


def test_one_model_has_its_own_gain_and_several_their_mean():
    one, several = made_margins(models=1), made_margins(models=3)

    single = overall_gains(one, 200)
    assert (single["models"] == 1).all()
    own = gains(one, 200)
    np.testing.assert_allclose(single["gain"], own.loc[own["subset"] == "all", "gain"])

    together = overall_gains(several, 200)
    means = mean_gains(several, 200)
    np.testing.assert_array_equal(together["gain"], means.loc[means["measure"] == "accuracy", "gain"])
    assert (together["models"] == 3).all()


def test_means_come_first_where_there_are_several_models():
    table = gains_and_means(made_margins(models=3), 100)

    assert list(table["model"][:2]) == [MEAN_OVER_MODELS] * 2
    each = table[table["model"] != MEAN_OVER_MODELS]
    assert each["model"].nunique() == 3
    means = each.groupby("fit", observed=True)["gain"].mean()
    for _, row in table[:2].iterrows():
        assert row["gain"] == pytest.approx(means[row["fit"]])
    assert MEAN_OVER_MODELS not in set(gains_and_means(made_margins(models=1), 100)["model"])


def test_optimism_is_the_difference_of_the_two_fits():
    margins = made_margins(models=2, methods=("rc", "other"))

    table = optimism(margins, 200).set_index("method")

    for method in ("rc", "other"):
        differences = [
            accuracy(margins, method, "in-sample", model) - accuracy(margins, method, "cross-fitted", model)
            for model in ("m0", "m1")
        ]
        assert table.loc[method, "gain"] == pytest.approx(np.mean(differences))
        assert table.loc[method, "low"] <= table.loc[method, "gain"] <= table.loc[method, "high"]


def test_alike_fits_show_no_optimism():
    margins = made_margins(models=1)
    alike = margins.copy()
    of_fit = {fit: (margins["method"] == "rc") & (margins["fit"] == fit) for fit in ("in-sample", "cross-fitted")}
    alike.loc[of_fit["in-sample"], "margin"] = alike.loc[of_fit["cross-fitted"], "margin"].to_numpy()

    row = optimism(alike, 200).iloc[0]

    assert row["gain"] == 0
    assert row["low"] < 0 < row["high"]
