import torch

from nbutils.kernels import expert_mlp
from nbutils.kernels.routed import sorted_slots
from tests.kernels.made import routing
from tests.kernels.test_reference import experts  # noqa: F401 (a fixture)


def test_output_is_that_of_the_models_own_experts(experts):  # noqa: F811
    x, (index, weights) = torch.randn(37, 20, dtype=torch.float64), routing(37, 5, 3)

    result = expert_mlp(experts, x, index, weights.double())

    torch.testing.assert_close(result, experts(x, index, weights.double()))


def test_slots_are_sorted_by_expert_and_then_by_token():
    slots, counts = sorted_slots(torch.tensor([[2, 0], [0, 2], [2, 4]]), 6)

    assert slots.tolist() == [1, 2, 0, 3, 4, 5]
    assert counts.tolist() == [2, 0, 3, 0, 1, 0]
