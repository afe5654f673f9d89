import pytest
import torch

from nbutils.kernels import expert_mlp, routed
from nbutils.kernels.routed import sorted_slots
from tests.kernels.made import routing
from tests.kernels.test_reference import experts  # noqa: F401 (a fixture)


def test_output_is_that_of_the_models_own_experts(experts):  # noqa: F811
    x, (index, weights) = torch.randn(37, 20, dtype=torch.float64), routing(37, 5, 3)

    result = expert_mlp(experts, x, index, weights.double())

    torch.testing.assert_close(result, experts(x, index, weights.double()))


@pytest.mark.parametrize("rows", [1, 20, 40])
def test_experts_are_run_together_or_one_by_one(experts, rows, monkeypatch):  # noqa: F811
    x, (index, weights) = torch.randn(37, 20, dtype=torch.float64), routing(37, 5, 3)
    groups = list(routed._groups(torch.bincount(index.flatten(), minlength=5).tolist(), rows))
    whole = expert_mlp(experts, x, index, weights.double())

    monkeypatch.setattr(routed, "PRODUCTS", 2 * routed.neurons_of(experts) * 8 * rows)

    torch.testing.assert_close(expert_mlp(experts, x, index, weights.double()), whole)
    assert len(groups) == {1: 5, 20: 5, 40: 4}[rows]
    assert [expert for group in groups for expert in group] == [0, 1, 2, 3, 4]


def test_experts_without_tokens_are_in_no_group():
    assert list(routed._groups([0, 3, 0, 2, 9, 0, 1], 6)) == [{1: 3, 3: 2}, {4: 9}, {6: 1}]
    assert list(routed._groups([0, 0], 6)) == []


def test_slots_are_sorted_by_expert_and_then_by_token():
    slots, counts = sorted_slots(torch.tensor([[2, 0], [0, 2], [2, 4]]), 6)

    assert slots.tolist() == [1, 2, 0, 3, 4, 5]
    assert counts.tolist() == [2, 0, 3, 0, 1, 0]
