import numpy as np
import pandas as pd
import pytest

from nbutils.reward.calibrators import LengthPenalty, Lowess, PenaltyThenLowess, WindowMean
from nbutils.reward.calibrators.folds import fold_of_rows
from nbutils.reward.cross_fitting import calibrated_pairs, cross_fitted_margins
from nbutils.reward.errors import RewardDataError
from tests.reward.calibrators.made_pairs import logarithmic, planted

METHODS = {"penalty": LengthPenalty(), "mean": WindowMean(), "lwr": Lowess(frac=0.3), "both": PenaltyThenLowess()}


def made_pairs(models=("a", "b"), prompts=60, seed=0):
    """Two pairs for each prompt; the response of higher quality is the chosen one."""
    generator = np.random.default_rng(seed)
    tables = []
    for model in models:
        lengths, scores, quality = planted(2 * prompts, logarithmic, generator)
        chosen = quality.argmax(axis=1)
        rows = np.arange(len(scores))
        table = pd.DataFrame({"model": model, "pair_id": [f"p{row}" for row in rows], "subset": "all"})
        table["prompt_id"] = [f"q{row // 2}" for row in rows]
        for side, place in (("chosen", chosen), ("rejected", 1 - chosen)):
            table[f"{side}_score"] = scores[rows, place]
            table[f"{side}_chars"] = lengths[rows, place, 0]
            table[f"{side}_bold"] = generator.poisson(2, len(rows)).astype(float)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def margins_of(table, method, fit, model="a"):
    rows = table[(table["model"] == model) & (table["method"] == method) & (table["fit"] == fit)]
    return rows.set_index("pair_id")["margin"]


def test_columns_and_rows():
    pairs = made_pairs()

    table = cross_fitted_margins(pairs, METHODS, ["chars"])

    assert list(table.columns) == ["model", "pair_id", "prompt_id", "subset", "method", "fit", "margin"]
    assert (table.groupby(["model", "method", "fit"], observed=True).size() == 120).all()
    fits = table.groupby("method", observed=True)["fit"].unique().map(set).to_dict()
    assert fits == {"none": {"in-sample"}} | {name: {"in-sample", "cross-fitted"} for name in METHODS}
    assert list(table["method"].cat.categories) == ["none", *METHODS]
    keys = table.merge(pairs, on=["model", "pair_id"], suffixes=("", "_given"))
    assert (keys["prompt_id"] == keys["prompt_id_given"]).all()
    raw = pairs["chosen_score"] - pairs["rejected_score"]
    assert np.array_equal(margins_of(table, "none", "in-sample"), raw[pairs["model"] == "a"])


def test_margins_are_those_of_a_calibrator_fitted_to_other_prompts():
    pairs = made_pairs()
    one = pairs[pairs["model"] == "b"]
    values = one[["chosen_chars", "rejected_chars"]].to_numpy()[..., None]
    scores = one[["chosen_score", "rejected_score"]].to_numpy()
    fold = fold_of_rows(one["prompt_id"], 4, seed=7)

    table = cross_fitted_margins(pairs, METHODS, ["chars"], folds=4, seed=7)

    for name, method in METHODS.items():
        whole = method.fit(values, scores).transform(values, scores)
        expected = np.empty(len(one))
        for k in range(4):
            fitted = method.fit(values[fold != k], scores[fold != k])
            calibrated = fitted.transform(values[fold == k], scores[fold == k])
            expected[fold == k] = calibrated[:, 0] - calibrated[:, 1]
        np.testing.assert_allclose(margins_of(table, name, "in-sample", "b"), whole[:, 0] - whole[:, 1], atol=1e-12)
        np.testing.assert_allclose(margins_of(table, name, "cross-fitted", "b"), expected, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_no_pair_is_judged_by_a_curve_that_saw_its_prompt(method):
    pairs = made_pairs(models=("a",))
    before = cross_fitted_margins(pairs, METHODS, ["chars"])
    changed = pairs["prompt_id"] == "q17"
    assert changed.sum() == 2
    pairs.loc[changed, "chosen_score"] += [300.0, -200.0]
    after = cross_fitted_margins(pairs, METHODS, ["chars"])
    own = ["p34", "p35"]

    def differences(fit):
        return margins_of(after, method, fit) - margins_of(before, method, fit)

    assert differences("cross-fitted")[own].to_numpy() == pytest.approx([300, -200])
    if method in ("mean", "lwr"):
        assert differences("in-sample")[own].to_numpy() != pytest.approx([300, -200])
        assert (differences("cross-fitted").drop(own).abs() > 1e-6).any()


@pytest.mark.parametrize("characteristics", [["chars"], ["chars", "bold"]])
def test_labels_play_no_part(characteristics):
    pairs = made_pairs()
    methods = {name: METHODS[name] for name in ("lwr", "both")}
    names = ["score", "chars", "bold"]
    swapped = pairs.rename(
        columns={f"chosen_{name}": f"rejected_{name}" for name in names}
        | {f"rejected_{name}": f"chosen_{name}" for name in names}
    )

    there = cross_fitted_margins(pairs, methods, characteristics)
    back = cross_fitted_margins(swapped, methods, characteristics)

    np.testing.assert_allclose(there["margin"], -back["margin"], atol=1e-7)


def test_order_of_rows_and_other_models_do_not_matter():
    pairs = made_pairs()

    def margins(rows):
        table = cross_fitted_margins(rows, METHODS, ["chars"]).astype({"model": str})
        return table.set_index(["model", "pair_id", "method", "fit"])["margin"].sort_index()

    expected = margins(pairs)

    np.testing.assert_allclose(margins(pairs.sample(frac=1, random_state=0)), expected, atol=1e-9)
    np.testing.assert_allclose(margins(pairs[pairs["model"] == "b"]), expected.loc["b"], atol=1e-9)


def test_methods_stay_unfitted():
    method = Lowess()

    cross_fitted_margins(made_pairs(), {"lwr": method}, ["chars"])

    with pytest.raises(ValueError, match="not fitted"):
        method.bias(np.ones(1))


def test_a_planted_bias_is_removed():
    table = cross_fitted_margins(made_pairs(models=("a",), prompts=1500), METHODS, ["chars"])

    right = table.assign(right=table["margin"] > 0).groupby(["method", "fit"], observed=True)["right"].mean()

    assert right["none", "in-sample"] < 0.8
    assert right["lwr", "cross-fitted"] > 0.97
    assert right["mean", "cross-fitted"] > 0.9


def test_real_rewards(shared_data):
    rows = pd.read_json(shared_data("rewardmath_math_prm.jsonl.gz"), lines=True)
    tables = []
    for model in rows["scores"].iloc[0]:
        table = pd.DataFrame({"model": model, "pair_id": rows["id"], "prompt_id": rows["id"], "subset": rows["subset"]})
        for side in ("chosen", "rejected"):
            table[f"{side}_score"] = [scores[model][side] for scores in rows["scores"]]
            table[f"{side}_chars"] = rows[f"{side}_text"].str.len()
        tables.append(table)

    table = cross_fitted_margins(pd.concat(tables), {"lwr": Lowess()}, ["chars"])

    right = table.assign(right=table["margin"] > 0).groupby(["model", "method", "fit"], observed=True)["right"].mean()
    assert len(right) == 27
    assert right["internlm2", "none", "in-sample"] == pytest.approx(0.928, abs=0.001)
    assert 0.74 < right["internlm2", "lwr", "cross-fitted"] < 0.82  # the chosen answer is the shorter one in 91 %


def test_refuses_bad_pairs():
    pairs = made_pairs()
    lwr = {"lwr": Lowess()}
    with pytest.raises(ValueError, match="method is called 'none'"):
        cross_fitted_margins(pairs, {"none": Lowess()}, ["chars"])
    with pytest.raises(RewardDataError, match="no column 'chosen_words'"):
        cross_fitted_margins(pairs, lwr, ["chars", "words"])
    with pytest.raises(RewardDataError, match="no column 'subset'"):
        cross_fitted_margins(pairs.drop(columns="subset"), lwr, ["chars"])
    for nothing in ([], "chars"):
        with pytest.raises(RewardDataError, match="give a list of names"):
            cross_fitted_margins(pairs, lwr, nothing)
    with pytest.raises(RewardDataError, match="model 'a' has 24 pairs, of which 5 folds leave 18"):
        cross_fitted_margins(made_pairs(prompts=12), lwr, ["chars"])
    with pytest.raises(RewardDataError, match="model 'a': 4 prompts cannot be split into 5 folds"):
        cross_fitted_margins(made_pairs(prompts=4), lwr, ["chars"])
    pairs.loc[130, "rejected_score"] = np.nan
    with pytest.raises(RewardDataError, match="rejected_score of pair 'p10' of model 'b' is nan"):
        cross_fitted_margins(pairs, lwr, ["chars"])


def test_calibrated_pairs_have_the_cross_fitted_margins():
    pairs = made_pairs()
    margins = cross_fitted_margins(pairs, METHODS, ["chars"], seed=3)

    for name in METHODS:
        calibrated = calibrated_pairs(pairs, METHODS[name], ["chars"], seed=3)
        own = calibrated["chosen_score"] - calibrated["rejected_score"]
        for model in ("a", "b"):
            expected = margins_of(margins, name, "cross-fitted", model)
            np.testing.assert_array_equal(own[pairs["model"] == model], expected)
        others = pairs.columns.drop(["chosen_score", "rejected_score"])
        assert calibrated[others].equals(pairs[others])
