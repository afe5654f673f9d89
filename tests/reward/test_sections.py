import numpy as np
import pytest

from nbutils.reward.accuracy import accuracy
from nbutils.reward.sections import PRIOR_SETS, SECTIONS, section_scores, subset_weights
from tests.reward.made_margins import REWARDBENCH, made_margins


def rewardbench(subsets=tuple(REWARDBENCH), **options):
    return made_margins(models=1, methods=(), subsets=list(subsets), **options)


def test_pairs_of_all_subsets_are_rewardbenchs():
    assert len(REWARDBENCH) == 2985
    assert {name: sum(counts.values()) for name, counts in SECTIONS.items()} == {
        "Chat": 358,
        "Chat Hard": 456,
        "Safety": 740,
        "Reasoning": 1968,
    }
    assert (SECTIONS["Safety"]["xstest-should-refuse"], SECTIONS["Safety"]["xstest-should-respond"]) == (154, 250)


def test_sections_weigh_subsets_by_their_pairs_and_the_score_weighs_sections_alike():
    margins = rewardbench()

    table = section_scores(margins).set_index("section")

    right = (margins["margin"] > 0).groupby(margins["subset"], observed=True).mean()
    expected = {
        section: sum(right[subset] * count for subset, count in counts.items()) / sum(counts.values())
        for section, counts in SECTIONS.items()
    }
    for section, score in expected.items():
        assert table.loc[section, "score"] == pytest.approx(score)
    assert table.loc["score", "score"] == pytest.approx(np.mean(list(expected.values())))
    assert table.loc["score", "n"] == 2985
    assert table.loc["score", "reason"] == ""
    mathematics = right["math-prm"] / 2 + np.mean([right[f"hep-{name}"] for name in ("cpp", "go", "java")]) / 4
    mathematics += np.mean([right[f"hep-{name}"] for name in ("js", "python", "rust")]) / 4
    assert table.loc["Reasoning", "score"] == pytest.approx(mathematics)


def test_prior_sets_join_at_half_weight():
    margins = rewardbench([*REWARDBENCH, *np.repeat(list(PRIOR_SETS), [10, 20, 30, 40])])

    table = section_scores(margins).set_index("section")

    right = (margins["margin"] > 0).groupby(margins["subset"], observed=True).mean()
    prior = right[list(PRIOR_SETS)].mean()
    assert table.loc["Prior Sets", "score"] == pytest.approx(prior)
    assert table.loc["score with prior sets", "score"] == pytest.approx(
        (4 * table.loc["score", "score"] + 0.5 * prior) / 4.5
    )


def test_a_score_is_not_the_mean_of_fewer_sections():
    margins = rewardbench([subset for subset in REWARDBENCH if subset not in SECTIONS["Safety"]])

    table = section_scores(margins).set_index("section")

    assert "Safety" not in table.index
    assert np.isnan(table.loc["score", "score"])
    assert table.loc["score", "reason"] == "no pairs of Safety"
    assert table.loc["score with prior sets", "reason"] == "no pairs of Safety, Prior Sets"


def test_missing_subsets_are_named():
    table = section_scores(rewardbench([name for name in REWARDBENCH if name != "hep-go"])).set_index("section")

    assert table.loc["Reasoning", "reason"] == table.loc["score", "reason"] == "without hep-go"
    assert np.isfinite(table.loc["score", "score"])


def test_data_without_rewardbenchs_subsets_has_no_sections():
    table = section_scores(made_margins(models=1, methods=()))

    assert list(table["section"]) == ["score", "score with prior sets"]
    assert table["score"].isna().all()


def test_the_interval_of_a_section_with_one_subset_is_that_of_the_subset():
    margins = rewardbench(["llmbar-natural"] * 100)

    section, subset = section_scores(margins).iloc[0], accuracy(margins).iloc[0]

    assert (section["low"], section["high"]) == pytest.approx((subset["low"], subset["high"]))


def test_the_interval_of_a_score_is_about_as_wide_as_over_independent_subsets():
    margins = rewardbench()
    weights = subset_weights(set(REWARDBENCH))["score"]

    row = section_scores(margins).set_index("section").loc["score"]

    right = (margins["margin"] > 0).groupby(margins["subset"], observed=True)
    spread, n = right.var(ddof=0), right.size()
    error = np.sqrt(sum(weight**2 * spread[subset] / n[subset] for subset, weight in weights.items()))
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_weights_sum_to_one():
    for weights in subset_weights([*REWARDBENCH, *PRIOR_SETS, "another"]).values():
        assert sum(weights.values()) == pytest.approx(1)
        assert "another" not in weights


def test_every_model_and_method_has_its_scores():
    table = section_scores(made_margins(models=2, subsets=REWARDBENCH))

    assert table.groupby(["model", "method", "fit"]).size().tolist() == [6] * 6
