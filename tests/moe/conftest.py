import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    GptOssConfig,
    GptOssForCausalLM,
    OlmoeConfig,
    OlmoeForCausalLM,
    PreTrainedTokenizerFast,
)

from nbutils.corpora import Batch
from nbutils.models import LoadedModel

SIZES = {
    "vocab_size": 300,
    "hidden_size": 32,
    "intermediate_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
}


def olmoe():
    return OlmoeForCausalLM(OlmoeConfig(**SIZES, num_experts=6, num_experts_per_tok=2))


def deepseek():
    """Sigmoid scores, a bias that only the choice sees, groups, a dense first layer and a shared expert."""
    model = DeepseekV3ForCausalLM(
        DeepseekV3Config(
            **SIZES,
            n_routed_experts=8,
            num_experts_per_tok=2,
            moe_intermediate_size=12,
            n_group=4,
            topk_group=2,
            first_k_dense_replace=1,
            q_lora_rank=None,
            kv_lora_rank=16,
            qk_nope_head_dim=8,
            qk_rope_head_dim=8,
            v_head_dim=16,
        )
    )
    for layer in model.model.layers[1:]:
        layer.mlp.gate.e_score_correction_bias.normal_()
    return model


def gpt_oss():
    """Interleaved, transposed, biased and clamped."""
    return GptOssForCausalLM(GptOssConfig(**SIZES, num_local_experts=6, num_experts_per_tok=2, head_dim=16))


ARCHITECTURES = {"olmoe": olmoe, "deepseek": deepseek, "gpt_oss": gpt_oss}


@pytest.fixture(scope="session")
def tokenizer():
    """One token a byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    model = Tokenizer(models.BPE(vocab={"<pad>": 0} | {c: i + 1 for i, c in enumerate(alphabet)}, merges=[]))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=model, pad_token="<pad>")


@pytest.fixture
def loaded(tokenizer):
    """Builds a tiny random model of an architecture."""

    def make(name="olmoe"):
        torch.set_num_threads(1)
        torch.manual_seed(0)
        return LoadedModel(name, ARCHITECTURES[name]().eval().requires_grad_(False), tokenizer)

    return make


@pytest.fixture
def padded_batches():
    """Twelve passages of different lengths in three padded batches."""
    generator = torch.Generator().manual_seed(1)
    batches = []
    for first in range(0, 12, 4):
        lengths = torch.randint(3, 20, (4,), generator=generator)
        mask = (torch.arange(int(lengths.max())) < lengths[:, None]).long()
        ids = torch.randint(1, 257, mask.shape, generator=generator) * mask
        batches.append(Batch(ids, mask, torch.arange(first, first + 4), ("test",) * 4))
    return batches
