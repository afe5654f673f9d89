import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import brier_score_loss, log_loss

from nbutils.reward.accuracy import CELL
from nbutils.reward.probabilities import probability_scores, reliability, temperatures
from nbutils.reward.temperature import temperature, tempered
from tests.reward.made_margins import made_margins, margins_of
from tests.reward.test_temperature import made


def both_orders(margin):
    """Probability that the first answer is better, and whether it is, for each pair in both orders."""
    return np.concatenate([expit(margin), expit(-margin)]), np.repeat([1, 0], len(margin))


def calibration_error(probability, outcome, bins):
    """The mean over pairs of |mean probability - share| of their bin, in a plain loop."""
    total = 0
    for i in range(bins):
        inside = (probability >= i / bins) & ((probability < (i + 1) / bins) | (i == bins - 1))
        if inside.any():
            total += inside.sum() * abs(probability[inside].mean() - outcome[inside].mean())
    return total / len(probability)


@pytest.mark.parametrize("bins", [2, 10, 20])
def test_scores_are_those_of_both_orders(bins):
    margin = made(500, true=3.0)
    margins = margins_of(margin)

    table = probability_scores(margins, bins=bins, resamples=20).set_index(["scale", "measure"])["value"]

    for scale, scaled in {"as it is": margin, "tempered": tempered(margin, margins["prompt_id"].to_numpy())}.items():
        probability, outcome = both_orders(scaled)
        assert table[scale, "brier"] == pytest.approx(brier_score_loss(outcome, probability))
        assert table[scale, "log_loss"] == pytest.approx(log_loss(outcome, probability))
        assert table[scale, "ece"] == pytest.approx(calibration_error(probability, outcome, bins))


def test_one_temperature_mends_what_is_too_sure():
    table = probability_scores(margins_of(made(3000, true=4.0)), resamples=100).set_index(["scale", "measure"])

    before, after = table.loc["as it is"], table.loc["tempered"]
    assert (after["value"] < before["value"]).all()
    assert before.loc["ece", "low"] > before.loc["ece", "null_high"]
    assert after.loc["ece", "value"] < after.loc["ece", "null_high"]
    assert after.loc["ece", "low"] == 0


def test_the_null_is_what_true_probabilities_give():
    scores = [
        probability_scores(margins_of(made(300, true=1.0, seed=seed)), folds=2, resamples=5, null_samples=40)
        for seed in range(40)
    ]
    rows = [table[table["scale"] == "as it is"].set_index("measure") for table in scores]

    for measure in ("ece", "brier", "log_loss"):
        values, nulls = (np.array([row.loc[measure, column] for row in rows]) for column in ("value", "null"))
        assert values.mean() == pytest.approx(nulls.mean(), rel=0.08)
    beyond = [row.loc["ece", "value"] > row.loc["ece", "null_high"] for row in rows]
    assert np.mean(beyond) <= 0.15


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say():
    margin = made(400_000, true=2.0)
    truth = probability_scores(margins_of(margin), folds=2, resamples=2, null_samples=2).set_index(
        ["scale", "measure"]
    )["value"]
    covered = []
    for seed in range(150):
        table = probability_scores(margins_of(made(400, true=2.0, seed=1 + seed)), folds=2, null_samples=50)
        row = table.set_index(["scale", "measure"]).loc["as it is"]
        covered.append((row["low"] <= truth["as it is"]) & (truth["as it is"] <= row["high"]))

    assert (np.mean(covered, axis=0) > 0.88).all()


def test_ties_are_a_coin():
    table = probability_scores(margins_of(np.zeros(10)), resamples=5).set_index(["scale", "measure"])["value"]

    assert table["as it is", "brier"] == pytest.approx(0.25)
    assert table["as it is", "log_loss"] == pytest.approx(np.log(2))
    assert table["as it is", "ece"] == 0


def test_reliability_against_a_plain_count():
    margin = made(800)

    table = reliability(margins_of(margin), bins=10)

    table = table[table["scale"] == "as it is"]
    probability, outcome = both_orders(margin)
    for row in table.itertuples():
        inside = (probability >= row.lower) & (probability < row.upper)
        assert row.n == inside.sum()
        assert row.predicted == pytest.approx(probability[inside].mean())
        assert row.observed == pytest.approx(outcome[inside].mean())
        assert row.low < row.observed < row.high
    assert table["n"].sum() == 2 * 800


def test_the_diagram_is_the_same_upside_down():
    table = reliability(margins_of(made(800)), bins=6)

    for _, rows in table.groupby("scale"):
        flipped = rows[::-1]
        np.testing.assert_allclose(rows["lower"], 1 - flipped["upper"])
        np.testing.assert_allclose(rows["predicted"], 1 - flipped["predicted"])
        np.testing.assert_allclose(rows["observed"], 1 - flipped["observed"])
        np.testing.assert_allclose(rows["low"], 1 - flipped["high"])


def test_order_of_rows_does_not_matter():
    margins = margins_of(made(200))

    one = probability_scores(margins, resamples=5)["value"]
    other = probability_scores(margins.sample(frac=1, random_state=0), resamples=5)["value"]

    np.testing.assert_allclose(one, other)


def test_every_model_method_and_fit_has_its_rows():
    margins = made_margins(models=2)

    assert (probability_scores(margins, resamples=5).groupby(CELL).size() == 6).all()
    assert reliability(margins).groupby(CELL).ngroups == 6
    table = temperatures(margins)
    assert len(table) == 6
    own = margins.query("model == 'm1' and method == 'rc' and fit == 'in-sample'")["margin"].to_numpy()
    row = table.query("model == 'm1' and method == 'rc' and fit == 'in-sample'").iloc[0]
    assert row["temperature"] == pytest.approx(temperature(own))
    assert row["low"] < row["temperature"] < row["high"]


@pytest.mark.parametrize("measure", [reliability, probability_scores])
def test_a_bin_around_a_half_is_refused(measure):
    with pytest.raises(ValueError, match="bins = 5"):
        measure(margins_of([1.0] * 10), bins=5)
