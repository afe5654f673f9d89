import torch
from transformers import MistralConfig, MistralForCausalLM

from nbutils.training.upcycling import upcycled


def test_the_mixture_computes_what_its_parent_computes():
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        initializer_range=0.3,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
    )
    dense = MistralForCausalLM(config).eval()

    mixture = upcycled(dense, experts=4, top_k=2, seed=1).eval()

    ids = torch.randint(0, 64, (2, 9))
    torch.testing.assert_close(mixture(ids).logits, dense(ids).logits, rtol=1e-4, atol=1e-4)
    experts = mixture.model.layers[1].mlp.experts
    assert experts.down_proj.shape == (4, 32, 24)
    assert mixture.model.layers[0].mlp.gate.weight.std() > 0
    assert mixture.lm_head.weight is mixture.model.embed_tokens.weight
