import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.corpora import Batch
from nbutils.moe.routing import record_choices, record_routing, saturation, saturation_table
from tests.moe.routing.made import drawn_top_k, made_choices, passages_of

PASSAGE = passages_of(40, np.random.default_rng(5))


def drawn(seed, k=2, experts=8, layers=2, logits=0.0):
    generator = np.random.default_rng(seed)
    noise = np.zeros((len(PASSAGE), layers, experts)) + logits
    return made_choices(drawn_top_k(noise, k, generator), PASSAGE, experts=experts)


def test_choices_are_those_that_routing_counts(loaded, padded_batches):
    subject = loaded("deepseek")
    choices, routing = record_choices(subject, padded_batches), record_routing(subject, padded_batches)

    assert choices.chosen.dtype == np.int16
    assert choices.chosen.shape == (routing.tokens.sum(), len(routing.layers), 2)
    for layer in range(len(routing.layers)):
        loads = np.bincount(choices.chosen[:, layer].ravel(), minlength=choices.experts)
        np.testing.assert_array_equal(loads, routing.loads[:, layer].sum(0))
    valid = np.concatenate([batch.input_ids[batch.attention_mask.bool()] for batch in padded_batches])
    np.testing.assert_array_equal(choices.ids, valid)
    assert len(set(choices.groups.tolist())) == len(routing.tokens)


def test_agreement_counted_token_by_token():
    first, second = drawn(0), drawn(1)

    table = saturation(first, second, 100)

    for layer in (0, 1):
        common = [
            len(set(a) & set(b)) / 2 for a, b in zip(first.chosen[:, layer], second.chosen[:, layer], strict=True)
        ]
        assert table["value"].iloc[layer] == pytest.approx(np.mean(common))
    assert table["value"].iloc[2] == pytest.approx(table["value"].iloc[:2].mean())
    assert (table["chance"] == 0.25).all()
    assert (table["passages"] == 40).all()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(8)), st.integers(0, 100))
def test_renumbering_both_and_reordering_choices_change_nothing(numbers, seed):
    first, second = drawn(seed), drawn(seed + 1)
    numbers = np.array(numbers, dtype=np.int16)
    other = [made_choices(numbers[choices.chosen][..., ::-1], PASSAGE, experts=8) for choices in (first, second)]

    before, after = saturation(first, second, 50), saturation(*other, 50)

    np.testing.assert_allclose(after.to_numpy(float), before.to_numpy(float), rtol=1e-9)


def test_independent_routers_agree_as_their_loads_say():
    uneven = np.linspace(0, 3, 8)

    table = saturation(drawn(0, logits=uneven), drawn(1, logits=uneven))

    assert (table["independent"] > 1.5 * table["chance"]).all()
    np.testing.assert_allclose(table["value"], table["independent"], atol=0.03)
    assert ((table["excess_low"] < 0) & (table["excess_high"] > 0)).all()


def test_the_quantile_of_renumbered_experts_is_that_of_many_permutations():
    first, second = drawn(0, layers=1, logits=np.linspace(0, 2, 8)), drawn(1, layers=1)
    generator = np.random.default_rng(0)
    shares = [np.bincount(choices.chosen.ravel(), minlength=8) / len(PASSAGE) for choices in (first, second)]

    def excess(numbers):
        common = (first.chosen[:, 0, :, None] == numbers[second.chosen[:, 0]][:, None]).any(-1).mean()
        return common - (shares[0] * shares[1][np.argsort(numbers)]).sum() / 2

    drawn_excess = [excess(generator.permutation(8)) for _ in range(400)]

    assert saturation(first, second, 50)["renumbered"].iloc[0] == pytest.approx(1.96 * np.std(drawn_excess), rel=0.15)


def test_the_same_router_agrees_wholly_and_all_experts_always_do():
    assert (saturation(drawn(0), drawn(0), 50)["value"] == 1).all()
    every = saturation(drawn(0, k=8), drawn(1, k=8), 50)
    assert (every[["value", "chance"]] == 1).all(axis=None)
    np.testing.assert_allclose(every[["independent", "excess", "renumbered"]], [[1, 0, 0]] * 3, atol=1e-12)


def test_checkpoints_are_told_apart():
    table = saturation_table(drawn(0), {"early": drawn(1), "late": drawn(0)}, 50)

    assert table.columns[:2].tolist() == ["model", "checkpoint"]
    assert table.groupby("checkpoint")["value"].mean()["late"] == 1
    assert set(table["model"]) == {"m"}


def test_what_cannot_be_compared(loaded, padded_batches):
    first = drawn(0)
    with pytest.raises(ValueError, match="choose 2 of 8 and 3 of 8 experts"):
        saturation(first, drawn(0, k=3))
    with pytest.raises(ValueError, match=r"different layers, \[0, 1\] and \[0\]"):
        saturation(first, drawn(0, layers=1))
    other = drawn(0)
    other.ids = other.ids + 1
    with pytest.raises(ValueError, match="did not see the same tokens"):
        saturation(first, other)
    one = [Batch(b.input_ids, b.attention_mask, b.sequence * 0, b.domains) for b in padded_batches]
    single = record_choices(loaded(), one)
    with pytest.raises(ValueError, match="give at least two"):
        saturation(single, single)
