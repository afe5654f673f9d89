import numpy as np
import pytest
import torch
from transformers import OlmoeConfig, OlmoeForCausalLM

from nbutils.corpora import Batch
from nbutils.training.evaluation import bigram_scorer, mean_loss, model_scorer, unigram_scorer


def every_pair(vocabulary):
    ids = torch.cartesian_prod(torch.arange(vocabulary), torch.arange(vocabulary))
    return Batch(ids, torch.ones_like(ids), torch.arange(len(ids)), ("x",) * len(ids))


@pytest.mark.parametrize("scorer", [unigram_scorer, bigram_scorer])
def test_counting_models_are_probabilities(scorer):
    stream = np.random.default_rng(0).integers(0, 6, 200)  # token 6 never occurs

    probability = torch.exp(-scorer(stream, 7)(every_pair(7))).reshape(7, 7)

    torch.testing.assert_close(probability.sum(1), torch.ones(7), rtol=1e-4, atol=1e-4)
    assert (probability > 0).all()


def test_bigram_by_hand():
    """Tokens 0 1 0 1 0: 0 is followed by 1 twice, one kind of follower."""
    scorer = bigram_scorer(np.array([0, 1, 0, 1, 0]), 2)
    batch = Batch(torch.tensor([[0, 1]]), torch.ones(1, 2, dtype=torch.long), torch.tensor([0]), ("x",))

    unigram = (2 + 1) / (5 + 2)
    assert torch.exp(-scorer(batch)).item() == pytest.approx((2 + unigram) / (2 + 1))


def test_padding_is_not_scored():
    torch.manual_seed(0)
    model = OlmoeForCausalLM(
        OlmoeConfig(vocab_size=16, hidden_size=16, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2)
    ).eval()
    ids = torch.randint(1, 16, (1, 6))
    padded = torch.cat([ids, torch.zeros(1, 3, dtype=torch.long)], dim=1)
    mask = (torch.arange(9) < 6).long()[None]

    alone = mean_loss(model_scorer(model), [Batch(ids, torch.ones_like(ids), torch.tensor([0]), ("x",))])
    with_padding = mean_loss(model_scorer(model), [Batch(padded, mask, torch.tensor([0]), ("x",))])

    assert alone == pytest.approx(with_padding, rel=1e-5)
    assert alone == pytest.approx(model(ids, labels=ids).loss.item(), rel=1e-5)
