import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from nbutils.reward.errors import RewardDataError
from nbutils.reward.length_controlled import PENALTY, length_controlled_win_rates

ABILITIES = np.array([-1.0, -0.3, 0.3, 1.0])


def made_judgements(instructions=400, length_effect=1.0, fractional=False, seed=0):
    """A judge's preferences, the better the generator the longer, and the win rates at equal length."""
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(0, 1, instructions)
    tables = []
    for number, ability in enumerate(ABILITIES):
        difference = np.round(rng.normal(400 * ability, 500, instructions))
        equal = expit(ability - difficulty)
        probability = expit(ability - difficulty + length_effect * np.tanh(difference / difference.std()))
        wins = probability if fractional else (rng.random(instructions) < probability).astype(float)
        tables.append(
            pd.DataFrame(
                {
                    "model": "judge",
                    "method": "none",
                    "generator": f"g{number}",
                    "instruction_id": [f"i{i}" for i in range(instructions)],
                    "preference": wins,
                    "chars": 2000 + difference,
                    "baseline_chars": 2000.0,
                    "equal": equal,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("fractional", [True, False])
def test_the_fit_against_a_plain_minimisation(fractional):
    table = made_judgements(fractional=fractional)

    row = length_controlled_win_rates(table).set_index("generator").loc["g2"]

    own, others = table[table["generator"] == "g2"], table[table["generator"] != "g2"]
    won = others.groupby("instruction_id")["preference"].sum()[own["instruction_id"]].to_numpy()
    difficulty = np.log((3 - won + 0.5) / (won + 0.5))
    difficulty -= difficulty.mean()
    difference = own["chars"].to_numpy() - own["baseline_chars"].to_numpy()
    length, preference = np.tanh(difference / difference.std()), own["preference"].to_numpy()

    def loss(coefficients):
        logit = coefficients[0] + coefficients[1] * difficulty + coefficients[2] * length
        likelihood = preference * np.logaddexp(0, -logit) + (1 - preference) * np.logaddexp(0, logit)
        return likelihood.sum() + PENALTY / 2 * (coefficients[1:] ** 2).sum()

    theta, psi, phi = minimize(loss, np.zeros(3), tol=1e-10).x
    assert row["length_effect"] == pytest.approx(phi, abs=1e-3)
    assert row["win_rate"] == pytest.approx(expit(theta + psi * difficulty).mean(), abs=1e-4)
    assert row["raw_win_rate"] == pytest.approx(preference.mean())


def test_length_no_longer_pays():
    table = made_judgements(instructions=3000, length_effect=1.5)

    rates = length_controlled_win_rates(table).set_index("generator")

    equal = table.groupby("generator")["equal"].mean()
    assert (np.abs(rates["win_rate"] - equal) < 0.35 * np.abs(rates["raw_win_rate"] - equal)).iloc[[0, 3]].all()
    np.testing.assert_allclose(rates["win_rate"], equal, atol=0.03)
    assert rates["length_effect"].between(1.1, 1.9).all()


def test_swapping_the_sides_mirrors_the_win_rate():
    table = made_judgements()
    swapped = table.assign(
        preference=1 - table["preference"], chars=table["baseline_chars"], baseline_chars=table["chars"]
    )

    one, other = length_controlled_win_rates(table), length_controlled_win_rates(swapped)

    np.testing.assert_allclose(one["win_rate"], 1 - other["win_rate"], atol=1e-4)
    np.testing.assert_allclose(one["low"], 1 - other["high"], atol=1e-4)
    np.testing.assert_allclose(one["length_effect"], other["length_effect"], atol=1e-3)


def test_equal_lengths_leave_the_win_rate_alone():
    table = made_judgements().assign(chars=2000.0)

    rates = length_controlled_win_rates(table)

    np.testing.assert_allclose(rates["win_rate"], rates["raw_win_rate"], atol=1e-3)
    np.testing.assert_allclose(rates["length_effect"], 0, atol=1e-6)


def test_a_judge_that_cannot_decide_gives_a_half():
    rates = length_controlled_win_rates(made_judgements().assign(preference=0.5))

    np.testing.assert_allclose(rates[["win_rate", "low", "high"]], 0.5, atol=1e-6)


def test_one_generator_is_fitted_without_difficulty():
    table = made_judgements()

    row = length_controlled_win_rates(table[table["generator"] == "g1"]).iloc[0]

    assert row["low"] < row["win_rate"] < row["high"]


def test_a_generator_that_always_wins_has_a_win_rate_of_one():
    table = made_judgements()
    table.loc[table["generator"] == "g3", "preference"] = 1.0

    row = length_controlled_win_rates(table).set_index("generator").loc["g3"]

    assert row["win_rate"] > 0.99
    assert row["low"] <= row["win_rate"] <= row["high"]


def test_index_and_order_of_rows_do_not_matter():
    table = made_judgements()
    shuffled = table.sample(frac=1, random_state=0).set_index(np.zeros(len(table), dtype=int))

    one = length_controlled_win_rates(table).set_index("generator")
    other = length_controlled_win_rates(shuffled).set_index("generator").loc[one.index]

    np.testing.assert_allclose(one["win_rate"], other["win_rate"], atol=1e-5)


def test_few_instructions_are_refused():
    with pytest.raises(RewardDataError, match="generator 'g0' has 19 instructions, and 20 are needed"):
        length_controlled_win_rates(made_judgements(instructions=19))


@pytest.mark.slow
def test_the_interval_covers_the_win_rate():
    # Averages over many instructions stand for the win rates of all.
    truth = made_judgements(instructions=100_000).groupby("generator")["equal"].mean().to_numpy()
    tables = [length_controlled_win_rates(made_judgements(instructions=200, seed=seed)) for seed in range(60)]

    covered = np.mean([(table["low"] <= truth) & (truth <= table["high"]) for table in tables])

    assert covered > 0.9
