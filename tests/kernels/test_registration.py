import pytest
import torch
from transformers import (
    GptOssConfig,
    GptOssForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    OlmoeConfig,
    OlmoeForCausalLM,
)

from nbutils.models import load_causal_lm

SIZES = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "pad_token_id": 0,
    "num_experts_per_tok": 2,
}
MODELS = {
    "mixtral": lambda: MixtralForCausalLM(MixtralConfig(num_local_experts=4, **SIZES)),
    "olmoe": lambda: OlmoeForCausalLM(OlmoeConfig(num_experts=6, **SIZES)),
    "gpt_oss": lambda: GptOssForCausalLM(GptOssConfig(num_local_experts=4, **SIZES)),
}


def logits_by_implementation(name: str, names: tuple[str, ...]) -> list[torch.Tensor]:
    """Logits of a small random model on the same tokens, under each of these experts implementations."""
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    ids = torch.randint(64, (2, 9))
    logits = []
    for implementation in names:
        model.set_experts_implementation(implementation)
        with torch.no_grad():
            logits.append(model(input_ids=ids).logits)
    return logits


@pytest.mark.parametrize("name", MODELS)
def test_logits_are_those_of_eager(name):
    own, eager = logits_by_implementation(name, ("nbutils_triton", "eager"))

    torch.testing.assert_close(own, eager, atol=1e-4, rtol=1e-4)


def test_a_model_is_loaded_with_it():
    loaded = load_causal_lm("moe-upcycled", device="cpu", experts_implementation="nbutils_triton")
    ids = torch.randint(100, (1, 8))
    own = loaded.model(input_ids=ids).logits

    assert loaded.model.config._experts_implementation == "nbutils_triton"
    loaded.model.set_experts_implementation("eager")
    torch.testing.assert_close(own, loaded.model(input_ids=ids).logits, atol=1e-4, rtol=1e-4)
