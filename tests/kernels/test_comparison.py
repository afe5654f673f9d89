import pytest
import torch
import torch.nn.functional as F

from nbutils.kernels import compare_outputs, comparison, expert_norms
from tests.kernels.test_reference import experts  # noqa: F401 (a fixture)


def outputs_of(module, x, others=()):
    ones = torch.ones(len(x), 1, dtype=x.dtype)
    own = [module(x, torch.full((len(x), 1), expert), ones) for expert in range(5)]
    return torch.stack([*own, *(other(x) for other in others)], dim=1)


def test_similarities_of_outputs(experts):  # noqa: F811
    x = torch.randn(9, 20, dtype=torch.float64)
    others = [torch.nn.Identity(), lambda block: -block]

    statistics, result = compare_outputs(experts, x, others)

    outputs = outputs_of(experts, x, others)
    cosine = F.cosine_similarity(outputs[:, :, None], outputs[:, None], dim=-1)
    torch.testing.assert_close(result.cosine, cosine.sum(0))
    angular = 1 - cosine.clamp(-1, 1).arccos() / torch.pi
    torch.testing.assert_close(result.angular, angular.sum(0), atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(result.direction, F.normalize(outputs, dim=-1).sum(0))
    pairs = ~torch.eye(5, dtype=torch.bool)
    torch.testing.assert_close(result.mean_cosine[:, 0], cosine[:, :5, :5][:, pairs].mean(-1))
    torch.testing.assert_close(result.mean_cosine[:, 1:], cosine[:, :5, 5:].mean(1))
    torch.testing.assert_close(result.mean_angular[:, 0], angular[:, :5, :5][:, pairs].mean(-1))
    assert result.cosine[5, 6] == pytest.approx(-9)
    torch.testing.assert_close(statistics.norm, expert_norms(experts, x).norm)


def test_small_blocks_change_nothing(experts, monkeypatch):  # noqa: F811
    x = torch.randn(23, 20, dtype=torch.float64)
    _, whole = compare_outputs(experts, x)

    monkeypatch.setattr(comparison, "OUTPUTS", 5 * 20 * 4)

    _, parts = compare_outputs(experts, x)
    torch.testing.assert_close(parts.cosine, whole.cosine)
    torch.testing.assert_close(parts.mean_angular, whole.mean_angular)


def test_an_output_of_zeros_is_like_no_other(experts):  # noqa: F811
    x = torch.randn(3, 20, dtype=torch.float64)

    _, result = compare_outputs(experts, x, [torch.zeros_like])

    assert not result.cosine[5].any()
    assert torch.isfinite(result.angular).all()


def test_no_token(experts):  # noqa: F811
    _, result = compare_outputs(experts, torch.empty(0, 20, dtype=torch.float64))

    assert not result.cosine.any()
    assert result.mean_cosine.shape == (0, 1)
