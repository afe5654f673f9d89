import numpy as np
import pytest

from nbutils.moe import probe
from nbutils.moe.outputs import OutputSums
from nbutils.moe.similarity.outputs import closer_to_one_another, output_similarity, output_similarity_by_layer
from tests.moe.norms.test_ranks import made_probe


def compared(seed=0, groups=40, layers=3, experts=4, among=0.5, beside=0.2, spread=0.1, reference=True):
    """A made probe: cosines of each passage scatter about `among` for experts and `beside` for the reference."""
    rng = np.random.default_rng(seed)
    made = made_probe(seed, groups=groups, layers=layers, experts=experts)
    members = experts + reference
    means = np.array([among, beside][: 1 + reference])
    per_group = made.tokens[:, None, None] * (means + spread * rng.normal(size=(groups, layers, len(means))))
    matrix = np.full((layers, members, members), among)
    if reference:
        matrix[:, -1, :-1] = matrix[:, :-1, -1] = beside
    matrix[:, range(members), range(members)] = 1
    made.outputs = OutputSums(
        members=[*map(str, range(experts)), "reference"][:members],
        cosine=matrix * made.tokens.sum(),
        angular=matrix * made.tokens.sum(),
        direction=np.full((layers, members, 2), 0.1 * made.tokens.sum()),
        cosine_by_group=per_group,
        angular_by_group=per_group,
    )
    return made


def test_pairs_carry_means_over_tokens():
    table = output_similarity({"m": compared()})

    row = table[(table["first"] == "1") & (table["second"] == "3")].iloc[0]
    assert row["cosine"] == pytest.approx(0.5)
    assert row["shuffled_cosine"] == pytest.approx(0.02)
    assert table[table["second"] == "reference"]["cosine"].to_numpy() == pytest.approx(0.2)
    assert len(table) == 3 * 10


def test_layers_and_pairings_with_intervals():
    table = output_similarity_by_layer({"m": compared()}, 500).set_index(["pairs", "measure", "layer"]).sort_index()

    for pairs, value in (("experts", 0.5), ("reference", 0.2)):
        mean = table.loc[(pairs, "cosine", -1)]
        assert mean["low"] < value < mean["high"]
        assert mean["value"] == pytest.approx(table.loc[(pairs, "cosine")].drop(-1)["value"].mean())
        assert mean["shuffled"] == pytest.approx(0.02)
    assert table.loc[("experts", "angular", -1)].isna()["shuffled"]
    assert (table["passages"] == 40).all()


def test_agrees_with_a_probe_of_a_model(loaded, padded_batches):
    result = probe(loaded("deepseek"), padded_batches, outputs=True)

    pairs = output_similarity({"m": result})
    layers = output_similarity_by_layer({"m": result}, 100).set_index(["pairs", "measure", "layer"])

    shared = pairs["second"] == "shared"
    for layer in (1, 2):
        here = pairs["layer"] == layer
        for measure in ("cosine", "angular"):
            among = layers.loc[("experts", measure, layer)]["value"]
            assert pairs[here & ~shared][measure].mean() == pytest.approx(among, abs=1e-6)
            beside = layers.loc[("shared", measure, layer)]["value"]
            assert pairs[here & shared][measure].mean() == pytest.approx(beside, abs=1e-6)


def test_the_difference_covers_what_was_planted():
    """Simulation: 95 % intervals of the difference hold the true .3 in about 95 % of 300 draws."""
    covered = 0
    for seed in range(300):
        result = closer_to_one_another(compared(seed), 300, seed)
        covered += result["low"] < 0.3 < result["high"]

    assert 0.90 < covered / 300 <= 0.99


def test_what_is_missing_is_said(loaded, padded_batches):
    with pytest.raises(ValueError, match="compared no outputs"):
        output_similarity({"m": probe(loaded(), padded_batches)})
    with pytest.raises(ValueError, match="one expert each, which has nothing to be compared with"):
        output_similarity({"m": compared(experts=1)})
    with pytest.raises(ValueError, match="no reference"):
        closer_to_one_another(compared(reference=False))
