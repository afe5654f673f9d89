import numpy as np
import pytest

from nbutils.moe.routing import entropy_by_layer, top_score_by_layer
from nbutils.moe.routing.record import MEANS
from tests.moe.routing.made import drawn_top_k, made_routing, passages_of


def routing(k=2, experts=4, groups=40, **means):
    """Routing whose score sums are those of the given means, each with a little noise."""
    generator = np.random.default_rng(0)
    passage = passages_of(groups, generator)
    chosen = drawn_top_k(np.zeros((len(passage), 2, experts)), k, generator)
    values = {name: means.get(name, 0.5) * generator.uniform(0.98, 1.02, (len(passage), 2)) for name in MEANS}
    return made_routing(chosen, passage, ["x"] * len(passage), experts=experts, scores=values)


def test_entropies_are_means_over_tokens_and_shares_of_the_largest():
    made = routing(gate_entropy=1.5, weight_entropy=0.8)

    table = entropy_by_layer({"m": made}, 100).set_index(["distribution", "layer"])

    gate, chosen, load = (table.loc[(name, 0)] for name in ("gate scores", "chosen weights", "load"))
    assert gate["bits"] == pytest.approx(made.sums["gate_entropy"][:, 0].sum() / made.tokens.sum())
    assert gate["share"] == pytest.approx(gate["bits"] / 2)
    assert chosen["most"] == 1
    assert chosen["share"] == pytest.approx(0.8, abs=0.01)
    shares = made.loads.sum(0)[0] / made.loads.sum(0)[0].sum()
    assert load["bits"] == pytest.approx(-(shares * np.log2(shares)).sum())
    assert (table["high"] <= table["most"]).all()
    of_tokens = table.loc[
        ["gate scores", "chosen weights"]
    ]  # noise lowers the entropy of a load: its interval has that taken off
    assert ((of_tokens["low"] < of_tokens["bits"]) & (of_tokens["bits"] < of_tokens["high"])).all()


def test_one_chosen_expert_has_no_entropy_to_share():
    table = entropy_by_layer({"m": routing(k=1, weight_entropy=0.0)}, 100)

    rows = table[table["distribution"] == "chosen weights"]
    assert (rows["bits"] == 0).all()
    assert rows["share"].isna().all()
    assert rows["share_low"].isna().all()


def test_the_top_score_beside_that_of_shuffled_tokens():
    table = top_score_by_layer({"m": routing(top_score=0.6, second_score=0.2, top_shuffled=0.4, second_shuffled=0.2)})

    assert table["layer"].tolist() == [0, 1, -1]
    np.testing.assert_allclose(table["value"], 3, rtol=0.01)
    np.testing.assert_allclose(table["excess"], 1, rtol=0.02)
    assert (table["excess_low"] > 0.9).all()
    assert table["value"].iloc[2] == pytest.approx(table["value"].iloc[:2].mean())


def test_a_single_expert_has_no_second_score():
    table = top_score_by_layer({"m": routing(k=1, experts=1, top_score=1.0, second_score=0, second_shuffled=0)})

    assert table["value"].isna().all()
    assert table["excess"].isna().all()
