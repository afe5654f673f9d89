from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nbutils.moe.interventions import choices
from nbutils.moe.observe import Routed


@st.composite
def routings(draw):
    """A layer of E experts and what it receives: T tokens, k experts each, in an order of its own."""
    experts = draw(st.integers(1, 9))
    chosen, tokens = draw(st.integers(1, experts)), draw(st.integers(1, 6))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    logits = torch.randn(tokens, experts, generator=generator)
    noisy = logits + torch.randn(logits.shape, generator=generator)  # choices that the logits do not explain
    index = noisy.topk(chosen, sorted=False).indices
    weights = torch.rand(index.shape, generator=generator) + 0.01
    layer = SimpleNamespace(index=3, num_experts=experts)
    return layer, Routed(torch.zeros(tokens, 2), logits, index, weights)


def subset(layer, number):
    return [expert for expert in range(layer.num_experts) if number >> expert & 1]


def changes(layer, number, seed):
    """One of each kind."""
    experts = subset(layer, number)
    return {
        "silenced": choices.silenced(experts),
        "replaced": choices.replaced(experts),
        "without_top": choices.without_top(),
        "without_least": choices.without_least(),
        "without_random": choices.without_random(torch.Generator().manual_seed(seed)),
        "random_experts": choices.random_experts(torch.Generator().manual_seed(seed)),
        "least_scored_experts": choices.least_scored_experts(),
    }


numbers, seeds = st.integers(0, 2**9 - 1), st.integers(0, 1000)


@given(routings(), numbers, seeds)
def test_experts_are_there_and_distinct_and_the_router_s_own_tensors_stay(routing, number, seed):
    layer, routed = routing
    before = routed.top_k_index.clone(), routed.top_k_weights.clone()

    for change in changes(layer, number, seed).values():
        index, weights = change(layer, routed)

        assert index.shape == weights.shape == routed.top_k_index.shape
        assert ((index >= 0) & (index < layer.num_experts)).all()
        assert all(len(set(row)) == len(row) for row in index.tolist())
        assert weights.isfinite().all()

    assert torch.equal(before[0], routed.top_k_index)
    assert torch.equal(before[1], routed.top_k_weights)


@given(routings(), numbers)
def test_silenced_takes_these_weights_only(routing, number):
    layer, routed = routing
    experts = subset(layer, number)

    index, weights = choices.silenced(experts)(layer, routed)

    assert torch.equal(index, routed.top_k_index)
    for row, new, old in zip(index.tolist(), weights.tolist(), routed.top_k_weights.tolist(), strict=True):
        assert new == [0 if expert in experts else weight for expert, weight in zip(row, old, strict=True)]


@given(routings(), numbers)
def test_replaced_agrees_with_going_through_the_slots(routing, number):
    layer, routed = routing
    gone = subset(layer, number)

    index, weights = choices.replaced(gone)(layer, routed)

    for t, (row, old) in enumerate(zip(routed.top_k_index.tolist(), routed.top_k_weights.tolist(), strict=True)):
        free = [expert for expert in range(layer.num_experts) if expert not in gone and expert not in row]
        free.sort(key=lambda expert, t=t: -float(routed.router_logits[t, expert]))
        new_row, new = list(row), list(old)
        for slot in sorted(range(len(row)), key=lambda slot, old=old: -old[slot]):
            if row[slot] in gone and free:
                new_row[slot] = free.pop(0)
            elif row[slot] in gone:
                new[slot] = 0.0
        assert index[t].tolist() == new_row
        assert weights[t].tolist() == new


@pytest.mark.parametrize(("make", "pick"), [(choices.without_top, max), (choices.without_least, min)])
@given(routing=routings())
def test_the_top_or_the_least_weighted_one_is_dropped_and_the_sum_of_weights_stays(make, pick, routing):
    layer, routed = routing

    index, weights = make()(layer, routed)

    assert torch.equal(index, routed.top_k_index)
    for new, old in zip(weights.tolist(), routed.top_k_weights.tolist(), strict=True):
        slot = old.index(pick(old))
        rest = sum(old) - old[slot]
        expected = [0 if i == slot else weight * sum(old) / rest for i, weight in enumerate(old)]
        assert new == pytest.approx(expected, rel=1e-4)
        if len(old) > 1:
            assert sum(new) == pytest.approx(sum(old), rel=1e-4)


@given(routings(), seeds)
def test_one_at_random_is_dropped_and_the_same_with_the_same_seed(routing, seed):
    layer, routed = routing

    (_, weights), (_, again) = (
        choices.without_random(torch.Generator().manual_seed(seed))(layer, routed) for _ in range(2)
    )

    assert torch.equal(weights, again)
    assert ((weights == 0).sum(1) == 1).all()
    if weights.shape[1] > 1:
        torch.testing.assert_close(weights.sum(1), routed.top_k_weights.sum(1))


def test_every_slot_is_dropped_as_often():
    layer = SimpleNamespace(index=0, num_experts=8)
    index = torch.arange(4).expand(4000, -1)
    routed = Routed(torch.zeros(4000, 1), torch.zeros(4000, 8), index, torch.ones(4000, 4))

    _, weights = choices.without_random(torch.Generator().manual_seed(0))(layer, routed)

    assert (weights == 0).float().mean(0).tolist() == pytest.approx([0.25] * 4, abs=0.03)


@given(routings(), seeds)
def test_experts_chosen_anew_share_the_router_s_weights(routing, seed):
    layer, routed = routing

    for change in (choices.random_experts(torch.Generator().manual_seed(seed)), choices.least_scored_experts()):
        _, weights = change(layer, routed)

        assert torch.equal(weights.sort(1).values, routed.top_k_weights.sort(1).values)


def test_random_experts_are_drawn_with_equal_probability():
    layer = SimpleNamespace(index=0, num_experts=5)
    routed = Routed(
        torch.zeros(5000, 1), torch.randn(5000, 5), torch.zeros(5000, 2, dtype=torch.long), torch.ones(5000, 2)
    )

    index, _ = choices.random_experts(torch.Generator().manual_seed(0))(layer, routed)

    assert (index.flatten().bincount() / 5000).tolist() == pytest.approx([0.4] * 5, abs=0.03)


@given(routings())
def test_the_least_scored_experts_are_ordered_like_their_weights(routing):
    layer, routed = routing

    index, weights = choices.least_scored_experts()(layer, routed)

    for scores, row, new in zip(routed.router_logits.tolist(), index.tolist(), weights.tolist(), strict=True):
        worst = sorted(range(layer.num_experts), key=scores.__getitem__)[: len(row)]
        assert sorted(row, key=scores.__getitem__) == worst
        assert [new[row.index(expert)] for expert in worst] == sorted(new)


@pytest.mark.parametrize("make", [choices.silenced, choices.replaced])
def test_nothing_to_take_away_changes_nothing_and_a_strange_expert_is_named(make):
    layer = SimpleNamespace(index=3, num_experts=4)
    routed = Routed(torch.zeros(2, 1), torch.randn(2, 4), torch.tensor([[0, 1], [2, 3]]), torch.rand(2, 2))

    index, weights = make([])(layer, routed)

    assert torch.equal(index, routed.top_k_index)
    assert torch.equal(weights, routed.top_k_weights)
    with pytest.raises(ValueError, match="layer 3 has no expert 4: its experts are numbered 0 to 3"):
        make([1, 4])(layer, routed)


def test_each_layer_has_its_own_change():
    routed = Routed(torch.zeros(1, 1), torch.zeros(1, 4), torch.tensor([[0, 1]]), torch.tensor([[0.5, 0.5]]))
    change = choices.by_layer({2: choices.silenced([0]), 3: choices.silenced([1])})

    _, second = change(SimpleNamespace(index=2, num_experts=4), routed)
    _, third = change(SimpleNamespace(index=3, num_experts=4), routed)

    assert second.tolist() == [[0, 0.5]]
    assert third.tolist() == [[0.5, 0]]
