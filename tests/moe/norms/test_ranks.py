import numpy as np
import pytest

from nbutils.moe.norms import agreement_by_layer, difference_in_same_rank, norms_by_layer, rank_counts
from nbutils.moe.scores import AGREEMENT
from nbutils.moe.sums import Probe


def made_probe(seed=0, effect=0.0, groups=60, layers=3, experts=4):
    """Sums drawn so that the top expert is the largest one with probability 1 / experts + effect."""
    generator = np.random.default_rng(seed)
    tokens = generator.integers(50, 150, groups).astype(float)
    shape = (groups, layers)
    hits = generator.binomial(tokens[:, None].astype(int), 1 / experts + effect, shape).astype(float)
    sums = {name: hits.copy() for name in AGREEMENT}
    shuffled = {name: np.repeat(tokens[:, None], layers, 1) / experts for name in AGREEMENT}
    counts = generator.integers(1, 9, (layers, experts, experts))
    score = generator.random((groups, layers, experts, 40))
    norm = (0.5 + 10 * effect) * score + generator.random(score.shape)
    moments = np.stack([np.full(score.shape, 1.0), score, norm, score**2, norm**2, score * norm], axis=-1).sum(axis=3)
    moments[:] *= (tokens / 40)[:, None, None, None]
    chosen = np.full((layers, experts), tokens.sum() / experts)
    return Probe(
        model="made",
        layers=list(range(layers)),
        rank_counts=counts,
        tokens=tokens,
        sums=sums,
        shuffled=shuffled,
        shuffled_tokens=tokens,
        moments=moments,
        chosen=chosen,
        chosen_norm=chosen * 2.0,
        chosen_weighted_norm=chosen * 1.0,
        neurons=10,
        activations=np.zeros((layers, experts, 3)),
        activation_max=np.zeros((layers, experts)),
    )


def test_rank_counts_are_tidy_and_shares_are_of_tokens():
    probe = made_probe()

    table = rank_counts({"m": probe})

    assert len(table) == 3 * 4 * 4
    cell = table[(table["layer"] == 1) & (table["score_rank"] == 2) & (table["norm_rank"] == 4)].iloc[0]
    assert cell["count"] == probe.rank_counts[1, 1, 3]
    assert cell["share"] == pytest.approx(probe.rank_counts[1, 1, 3] / probe.tokens.sum())


def test_agreement_has_values_intervals_chance_and_the_mean_over_layers():
    probe = made_probe(effect=0.2)

    table = agreement_by_layer({"m": probe}, resamples=500).set_index(["statistic", "layer"])

    expected = probe.sums["top_largest"].sum(0) / probe.tokens.sum()
    for layer in range(3):
        row = table.loc[("top_largest", layer)]
        assert row["value"] == pytest.approx(expected[layer])
        assert row["low"] < row["value"] < row["high"]
        assert row["chance"] == 0.25
    assert table.loc[("top_largest", -1), "value"] == pytest.approx(expected.mean())
    assert table.loc[("top_largest", -1), "passages"] == 60
    assert np.isnan(table.loc[("within_expert", 0), "shuffled"])


def test_within_expert_is_pearsons_correlation():
    generator = np.random.default_rng(1)
    score, norm = generator.random((2, 5, 200))
    norm[0] += score[0]
    moments = np.stack([np.ones_like(score), score, norm, score**2, norm**2, score * norm], -1)
    probe = made_probe(groups=200, layers=1, experts=5)
    probe.moments = moments.transpose(1, 0, 2)[:, None]

    table = agreement_by_layer({"m": probe}, resamples=100)

    expected = np.mean([np.corrcoef(s, n)[0, 1] for s, n in zip(score, norm, strict=True)])
    value = table[(table["statistic"] == "within_expert") & (table["layer"] == 0)]["value"].item()
    assert value == pytest.approx(expected)


def test_an_expert_that_always_scores_the_same_does_not_spoil_the_mean():
    probe = made_probe()
    probe.moments[:, :, 0, 1] = probe.moments[:, :, 0, 0] * 0.3
    probe.moments[:, :, 0, 3] = probe.moments[:, :, 0, 0] * 0.09

    table = agreement_by_layer({"m": probe}, resamples=100)

    assert table[table["statistic"] == "within_expert"]["value"].notna().all()


def test_difference_of_a_probe_with_itself_is_nothing():
    probe = made_probe()

    assert difference_in_same_rank(probe, probe, resamples=100) == {"value": 0, "low": 0, "high": 0}


def test_models_with_different_numbers_of_experts_differ_by_nothing_at_chance():
    difference = difference_in_same_rank(made_probe(0, experts=4), made_probe(1, experts=8), resamples=500)

    assert difference["low"] < 0 < difference["high"]
    assert abs(difference["value"]) < 0.1


def test_what_shuffled_tokens_show_too_is_no_difference():
    """One model's experts agree for every token alike: its shuffled tokens agree as often."""
    plain, preferring = made_probe(0), made_probe(1, effect=0.3)
    preferring.shuffled["same_rank_below_top"] = made_probe(2, effect=0.3).sums["same_rank_below_top"]
    preferring.shuffled_tokens = made_probe(2).tokens

    difference = difference_in_same_rank(preferring, plain, resamples=500)

    assert difference["low"] < 0 < difference["high"]


def test_one_batch_leaves_no_difference_to_tell():
    probe = made_probe()
    probe.shuffled_tokens = np.zeros_like(probe.tokens)
    probe.shuffled = {name: np.zeros_like(value) for name, value in probe.shuffled.items()}

    assert np.isnan(difference_in_same_rank(probe, made_probe(1), resamples=100)["value"])
    table = agreement_by_layer({"m": probe}, resamples=100)
    assert table["shuffled"].isna().all()


def test_norms_separate_chosen_from_other_experts():
    probe = made_probe()
    probe.moments[..., 2] = probe.moments[..., 0] * np.arange(1, 5)

    table = norms_by_layer({"m": probe}, resamples=100)

    first = table.iloc[0]
    assert first["norm"] == pytest.approx(2.5)
    assert (first["smallest_expert"], first["largest_expert"]) == (pytest.approx(1), pytest.approx(4))
    assert first["chosen"] == pytest.approx(2)
    assert first["passed_over"] == pytest.approx((2.5 * 4 - 2) / 3)


def test_nothing_is_passed_over_when_all_are_chosen():
    probe = made_probe()
    probe.chosen = np.full((3, 4), probe.tokens.sum())

    assert norms_by_layer({"m": probe}, resamples=100)["passed_over"].isna().all()
