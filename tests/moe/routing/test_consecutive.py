import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from nbutils.moe.routing import consecutive_layers
from nbutils.moe.routing.consecutive import miller_madow_information, plain_information
from tests.moe.routing.made import drawn_top_k, made_routing, passages_of


def routing(copied=0.0, spread=0.0, layers=3, experts=5, seed=0, passages=50):
    """Layers that repeat the layer before for a share of the tokens, and otherwise follow the passage by `spread`."""
    generator = np.random.default_rng(seed)
    passage = passages_of(passages, generator)
    own = spread * generator.normal(size=(passages, layers, experts))
    chosen = drawn_top_k(own[passage], 1, generator)
    for layer in range(1, layers):
        same = generator.random(len(passage)) < copied
        chosen[same, layer] = chosen[same, layer - 1]
    return made_routing(chosen, passage, ["x"] * len(passage), experts=experts), chosen


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_information_is_that_of_scikit_learn_less_the_bias(pairs):
    rows, columns = np.array(pairs).T
    table = np.zeros((4, 4))
    np.add.at(table, (rows, columns), 1)

    bits = mutual_info_score(rows, columns) / np.log(2)
    assert plain_information(table) == pytest.approx(bits, abs=1e-9)
    cells, kinds = len(set(pairs)), len(set(rows)) + len(set(columns))
    bias = (cells - kinds + 1) / (2 * len(pairs) * np.log(2))
    assert miller_madow_information(table) == pytest.approx(bits - bias, abs=1e-9)


def test_layers_that_repeat_each_other_tell_much_of_each_other():
    made, chosen = routing(copied=0.6)

    table = consecutive_layers({"m": made})

    assert table[["layer", "next_layer"]].to_numpy().tolist() == [[0, 1], [1, 2], [-1, -1]]
    for row, layer in zip(table.itertuples(), (0, 1), strict=False):
        bits = mutual_info_score(chosen[:, layer, 0], chosen[:, layer + 1, 0]) / np.log(2)
        assert row.bits == pytest.approx(bits, abs=0.01)
        assert row.low < row.bits < row.high
        shares = [np.bincount(chosen[:, i, 0]) for i in (layer, layer + 1)]
        assert row.smallest_entropy == pytest.approx(min(entropy(share, base=2) for share in shares))
    assert (table["excess_low"] > 0.3).all()
    assert (abs(table["shuffled"]) < 0.01).all()
    np.testing.assert_allclose(table["share"], table["bits"] / table["smallest_entropy"])


def test_independent_layers_tell_nothing_also_where_passages_differ():
    false = 0
    for seed in range(40):
        mean = consecutive_layers({"m": routing(spread=1.0, layers=2, seed=seed)[0]}).iloc[-1]
        false += mean["excess_low"] > 0
    assert false <= 5  # at most 5 % of the runs, binomial 99 %
    assert mean["miller_madow"] > mean["bits"]  # which takes the tokens of a passage as independent


def test_one_layer_has_no_next_one():
    table = consecutive_layers({"m": routing(layers=1)[0]})

    assert table.empty
    assert "bits" in table


def test_one_batch_leaves_no_shuffled_tokens():
    made, _ = routing(copied=0.5)
    made.consecutive_shuffled = np.zeros_like(made.consecutive_shuffled)

    table = consecutive_layers({"m": made})

    assert table[["shuffled", "excess", "excess_low"]].isna().all(axis=None)
    assert (table["low"] > 0.1).all()


def test_a_single_expert_tells_nothing():
    table = consecutive_layers({"m": routing(experts=1)[0]})

    assert (table["bits"] == 0).all()
    assert table["share"].isna().all()
