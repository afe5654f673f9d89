import pytest
import torch
from transformers import MixtralConfig, NemotronHConfig
from transformers.models.aria.modeling_aria import AriaExperts, AriaTextConfig
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssConfig, GptOssExperts
from transformers.models.mixtral.modeling_mixtral import MixtralExperts
from transformers.models.nemotron_h.modeling_nemotron_h import NemotronHExperts

from nbutils.kernels import expert_norms, reference
from nbutils.kernels.reference import expert_activations


def mixtral():
    return MixtralExperts(MixtralConfig(hidden_size=20, intermediate_size=14, num_local_experts=5))


def gpt_oss():
    return GptOssExperts(GptOssConfig(hidden_size=20, intermediate_size=14, num_local_experts=5))


def aria():
    return AriaExperts(AriaTextConfig(hidden_size=20, intermediate_size=14, moe_num_experts=5, num_attention_heads=2))


def nemotron():
    config = NemotronHConfig(hidden_size=20, moe_intermediate_size=14, n_routed_experts=5, mlp_hidden_act="relu2")
    return NemotronHExperts(config)


@pytest.fixture(params=[mixtral, gpt_oss, aria, nemotron])
def experts(request):
    torch.manual_seed(0)
    module = request.param().double().requires_grad_(False)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    module.config._experts_implementation = "eager"
    return module


def test_norms_are_those_of_the_models_own_experts(experts):
    x = torch.randn(37, 20, dtype=torch.float64)

    norms = expert_norms(experts, x).norm

    for expert in range(5):
        index = torch.full((37, 1), expert)
        own = experts(x, index, torch.ones(37, 1, dtype=torch.float64))
        torch.testing.assert_close(norms[:, expert], own.norm(dim=-1))


def test_activation_statistics(experts):
    x = torch.randn(11, 20, dtype=torch.float64)

    statistics = expert_norms(experts, x, threshold=0.05)

    for expert in range(5):
        h = expert_activations(experts, {expert: x})
        torch.testing.assert_close(statistics.abs_sum[:, expert], h.abs().sum(-1))
        torch.testing.assert_close(statistics.square_sum[:, expert], (h * h).sum(-1))
        torch.testing.assert_close(statistics.abs_max[:, expert], h.abs().amax(-1))
        torch.testing.assert_close(statistics.above[:, expert], (h.abs() > 0.05).sum(-1).double())


def test_blocks_of_rows_change_nothing(experts, monkeypatch):
    x = torch.randn(23, 20, dtype=torch.float64)
    whole = expert_norms(experts, x)

    monkeypatch.setattr(reference, "ROWS", 5)

    torch.testing.assert_close(expert_norms(experts, x).norm, whole.norm)


def test_no_token(experts):
    assert expert_norms(experts, torch.empty(0, 20, dtype=torch.float64)).norm.shape == (0, 5)


def test_post_expert_norm_is_part_of_the_output():
    class Halved(torch.nn.Module):
        def forward(self, x):
            return x / 2

    module = mixtral().double().requires_grad_(False)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(4, 20, dtype=torch.float64)
    plain = expert_norms(module, x).norm
    module.has_post_expert_norm, module.post_expert_norm = True, Halved()

    torch.testing.assert_close(expert_norms(module, x).norm, plain / 2)
