import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nbutils.moe.routing import load_by_expert, load_by_layer, load_statistics
from tests.moe.routing.made import drawn_top_k, made_routing, passages_of


def routing(logits, k=2, passages=60, seed=0, spread=0.0):
    """Choices of k experts by noisy logits [L, E] that differ by `spread` between passages."""
    generator = np.random.default_rng(seed)
    passage = passages_of(passages, generator)
    own = logits + spread * generator.normal(size=(passages, *logits.shape))
    return made_routing(drawn_top_k(own[passage], k, generator), passage, ["x"] * len(passage), experts=logits.shape[1])


def test_statistics_of_counts_written_out():
    counts = np.array([6, 2, 0, 0])

    statistics = load_statistics(counts)

    assert statistics["max_mean"] == 3
    assert statistics["max_vio"] == 2
    assert statistics["cv"] == pytest.approx(np.std(counts) / 2)
    gaps = np.abs(counts[:, None] - counts)
    assert statistics["gini"] == pytest.approx(gaps.sum() / (2 * 4 * 8))
    assert statistics["dead"] == 2
    assert statistics["entropy"] == pytest.approx(-0.75 * np.log2(0.75) - 0.25 * np.log2(0.25))


counts = arrays(int, st.integers(1, 12), elements=st.integers(0, 1000)).filter(lambda c: c.sum() > 0)


@given(counts, st.integers(1, 9), st.randoms())
def test_statistics_do_not_depend_on_order_or_scale(row, factor, random):
    shuffled = row.copy()
    random.shuffle(shuffled)

    for name, value in load_statistics(row).items():
        assert load_statistics(shuffled * factor)[name] == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("experts", [1, 4])
def test_even_loads(experts):
    statistics = load_statistics(np.full((2, experts), 5))

    for name, even in {"max_mean": 1, "max_vio": 0, "cv": 0, "gini": 0, "dead": 0, "entropy": np.log2(experts)}.items():
        np.testing.assert_allclose(statistics[name], even, atol=1e-12)


def test_each_experts_share_of_the_slots():
    table = load_by_expert({"m": made_routing([[[0, 1]], [[0, 2]], [[0, 1]], [[0, 3]]], [0, 0, 1, 1], ["x"] * 4)})

    assert table["tokens"].tolist() == [4, 2, 1, 1]
    assert table["share"].tolist() == [0.5, 0.25, 0.125, 0.125]
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()
    assert (table["uniform"] == 0.25).all()


def test_a_fair_router_is_as_uneven_as_a_fair_draw():
    made = routing(np.zeros((3, 8)))

    table = load_by_layer({"m": made}).set_index(["statistic", "layer"])

    for statistic in ("max_vio", "cv", "gini"):
        rows = table.loc[statistic]
        assert (rows["value"] < 1.5 * rows["uniform_high"]).all()
        assert (rows["uniform"] > 0).all()
    assert (table.loc["max_vio", "low"] == 0).all()


def test_the_fair_draw_of_few_tokens_leaves_experts_out():
    few = made_routing([[[0, 1]], [[2, 3]], [[4, 5]]], [0, 1, 2], ["x"] * 3, experts=32)

    rows = load_by_layer({"m": few}).set_index("statistic")

    assert rows.loc["dead", "value"] == 26
    assert rows.loc["dead", "uniform"] == pytest.approx(32 * (1 - 2 / 32) ** 3, abs=0.2)
    assert rows.loc["max_mean", "uniform"] > 5


def test_every_expert_chosen_is_even():
    rows = load_by_layer({"m": routing(np.zeros((1, 3)), k=3)}).set_index("statistic")

    assert rows.loc["max_vio", ["value", "low", "high", "uniform"]].tolist() == [0, 0, 0, 0]
    assert rows.loc["entropy", "value"] == pytest.approx(np.log2(3))


def test_intervals_cover_the_loads_behind_the_passages():
    logits = np.log(np.array([[0.3, 0.2, 0.15, 0.15, 0.1, 0.1]]))
    true = {"max_vio": 0.8, "cv": np.std([0.3, 0.2, 0.15, 0.15, 0.1, 0.1]) * 6}
    covered = {name: [] for name in true}
    for seed in range(60):
        table = load_by_layer({"m": routing(logits, k=1, passages=30, seed=seed)}).set_index("statistic")
        for name, value in true.items():
            covered[name].append(table.loc[name, "low"] <= value <= table.loc[name, "high"])

    assert all(np.mean(hits) > 0.88 for hits in covered.values())
