import numpy as np
import pytest

from nbutils.moe.routing import specialised_tokens, vocabulary_by_layer
from nbutils.moe.routing.vocabulary import _expected_share, _frequent, _held_out
from tests.moe.routing.made import drawn_top_k, made_routing, passages_of


def routing(effect=0.0, spread=0.0, tokens=50, k=2, experts=6, seed=0, passages=60, logits=0.0, tail=1.0):
    """Choices that follow the token by `effect` and the passage by `spread`; tokens of very different frequency."""
    generator = np.random.default_rng(seed)
    passage = passages_of(passages, generator)
    ids = (generator.pareto(tail, len(passage)) * 3 % tokens).astype(int)
    own = spread * generator.normal(size=(passages, 2, experts))[passage]
    own += effect * generator.normal(size=(tokens, 2, experts))[ids]
    chosen = drawn_top_k(own + logits, k, generator)
    return made_routing(chosen, passage, ["x"] * len(passage), ids, experts), chosen, ids, passage


def test_shares_of_the_favourite_counted_token_by_token():
    made, chosen, ids, _ = routing(effect=1.0)

    table = vocabulary_by_layer({"m": made}, least=30)

    for layer in (0, 1):
        hits, occurrences, types = 0, 0, 0
        for token in np.unique(ids):
            here = chosen[ids == token, layer]
            if len(here) >= 30:
                hits += np.bincount(here.ravel()).max()
                occurrences += len(here)
                types += 1
        row = table.iloc[layer]
        assert row["value"] == pytest.approx(hits / occurrences)
        assert (row["types"], row["occurrences"]) == (types, occurrences)


def test_favourites_of_other_folds_counted_fold_by_fold():
    made, chosen, ids, passage = routing(effect=0.5, tokens=8)
    fold = passage % 25

    sums = _held_out(_frequent(made.vocabulary[1], made, 20), made, 1)

    for f in range(25):
        inside, hits, load = fold == f, 0, 0.0
        for token in np.unique(ids[inside]):
            favourite = np.bincount(chosen[~inside & (ids == token), 1].ravel(), minlength=6).argmax()
            hits += (chosen[inside & (ids == token), 1] == favourite).sum()
            load += (inside & (ids == token)).sum() * (chosen[inside, 1] == favourite).any(-1).mean()
        assert sums[f] == pytest.approx([hits, load, inside.sum()])


def test_luck_makes_favourites_of_rare_tokens_and_the_null_knows_it():
    made, *_ = routing(logits=np.linspace(0, 1, 6), tokens=400, tail=0.2)  # of about the same frequency

    mean = vocabulary_by_layer({"m": made}, least=5).iloc[-1]

    assert mean["value"] > mean["load"] + 0.1
    assert mean["value"] == pytest.approx(mean["null"], abs=0.02)
    assert mean["held_out"] == pytest.approx(mean["load"], abs=0.02)
    assert mean["excess_low"] < 0 < mean["excess_high"]


def test_expected_share_of_one_occurrence_is_sure_and_falls_to_the_load():
    inclusion = np.array([0.8, 0.5, 0.4, 0.3])

    expected = _expected_share(np.array([1.0, 10, 100, 1e6]), inclusion, 2, np.random.default_rng(0))

    assert expected[0] == 1
    assert (np.diff(expected) < 0.001).all()
    assert expected[-1] == pytest.approx(0.8, abs=0.01)


def test_routing_that_follows_tokens_is_found_and_that_follows_passages_is_not():
    found = vocabulary_by_layer({"m": routing(effect=2.0)[0]}).iloc[-1]
    assert found["excess_low"] > 0.2
    false = [vocabulary_by_layer({"m": routing(spread=1.0, seed=s)[0]}).iloc[-1]["excess_low"] > 0 for s in range(40)]
    assert sum(false) <= 5  # at most 5 % of the runs, binomial 99 %


def test_tokens_that_always_go_to_one_expert_come_first():
    made, chosen, ids, passage = routing(tokens=20)
    chosen[ids == 3, 0] = [4, 1]
    made = made_routing(chosen, passage, ["x"] * len(ids), ids, 6)

    table = specialised_tokens({"m": made}, {"m": lambda number: f"<{number}>"}, most=2)

    first = table.iloc[0]
    assert (first["token"], first["token_id"], first["share"]) == ("<3>", 3, 1.0)
    assert first["expert"] in (1, 4)
    assert first["low"] > 0.6
    assert first["expected"] < 0.6
    assert (table["low"] < table["share"]).all()
    assert table.groupby("layer").size().tolist() == [2, 2]
    frequent = np.sum(np.bincount(ids) >= 20)
    assert (table["tests"] == 6 * frequent).all()


def test_a_token_seen_once_is_left_out():
    made = made_routing([[[0]], [[1]], [[0]], [[1]]], [0, 0, 1, 1], ["x"] * 4, [5, 6, 5, 7])

    table = vocabulary_by_layer({"m": made}, least=2)

    assert table["types"].tolist() == [1, 1]
    assert table["occurrences"].tolist() == [2, 2]
    assert table["value"].tolist() == [1, 1]


def test_no_token_is_frequent_enough():
    made, *_ = routing()

    table = vocabulary_by_layer({"m": made}, least=10**6)

    assert table[["value", "null", "held_out", "low", "excess"]].isna().all(axis=None)
    assert (table["types"] == 0).all()
    assert specialised_tokens({"m": made}, {"m": str}, least=10**6).empty


def test_every_expert_chosen_specialises_in_nothing():
    mean = vocabulary_by_layer({"m": routing(effect=2.0, k=6)[0]}).iloc[-1]

    assert mean[["value", "null", "held_out", "load"]].tolist() == pytest.approx([1] * 4)
    assert mean["excess_low"] == pytest.approx(0)
