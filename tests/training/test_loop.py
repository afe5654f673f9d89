import pytest
import torch
from transformers import OlmoeConfig, OlmoeForCausalLM

from nbutils.training import padded_experts
from nbutils.training.loop import balance_loss, learning_rate_factor, train, z_loss


def test_balance_loss_is_one_when_balanced_and_grows_with_imbalance():
    balanced = torch.eye(4).repeat(10, 1) * 5
    skewed = torch.tensor([[5.0, 0, 0, 0]]).repeat(40, 1)

    assert balance_loss(balanced, 1).item() == pytest.approx(1)
    assert balance_loss(skewed, 1).item() > 3.5


def test_balance_loss_pushes_probability_away_from_the_crowded_expert():
    logits = torch.tensor([[1.0, 0.0, 0.0]]).repeat(9, 1).requires_grad_()

    balance_loss(logits, 1).backward()

    assert (logits.grad[:, 0] > 0).all()
    assert (logits.grad[:, 1:] < 0).all()


def test_z_loss_is_the_squared_log_partition():
    assert z_loss(torch.zeros(3, 8)).item() == pytest.approx(torch.log(torch.tensor(8.0)).item() ** 2)


def test_learning_rate_warms_up_and_decays_to_its_floor():
    factors = [learning_rate_factor(step, 100, 10) for step in range(100)]

    assert factors[0] == pytest.approx(0.1)
    assert max(factors) == 1 == factors[9] or factors[10] == pytest.approx(1)
    assert factors[-1] == pytest.approx(0.05, abs=0.002)
    assert factors[10:] == sorted(factors[10:], reverse=True)


@pytest.mark.parametrize("experts", [1, 4])
def test_training_learns_a_repeated_sequence(experts):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = OlmoeForCausalLM(
        OlmoeConfig(
            vocab_size=16,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_experts=experts,
            num_experts_per_tok=min(2, experts),
            pad_token_id=0,
            bos_token_id=0,
            eos_token_id=0,
        )
    )
    if experts > 1:
        model.config._experts_implementation = padded_experts.NAME
    tokens = torch.arange(16).repeat(4, 2)
    losses = []

    train(model, iter([tokens] * 150), steps=150, warm_up=5, on_step=lambda step, loss: losses.append(loss))

    assert losses[0] == pytest.approx(2.77, abs=0.2)
    assert losses[-1] < 1.0
    assert not model.training
