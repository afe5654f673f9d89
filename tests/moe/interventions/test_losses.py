from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nbutils.corpora import Batch
from nbutils.moe.interventions import losses, passage_losses
from nbutils.training.evaluation import mean_loss, model_scorer


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
@pytest.mark.parametrize("positions", [3, 512])
def test_agrees_with_each_passage_run_by_itself(loaded, padded_batches, monkeypatch, name, positions):
    subject = loaded(name)
    monkeypatch.setattr(losses, "POSITIONS", positions)
    expected = {}
    for batch in padded_batches:
        for ids, mask, passage in zip(batch.input_ids, batch.attention_mask, batch.sequence.tolist(), strict=True):
            ids = ids[mask.bool()]
            logits = subject.model(ids[None]).logits[0].double()
            expected[passage] = F.cross_entropy(logits[:-1], ids[1:], reduction="sum").item(), len(ids) - 1

    table = passage_losses(subject, padded_batches)

    assert table["passage"].tolist() == sorted(expected)
    np.testing.assert_allclose(table[["loss", "tokens"]], [expected[i] for i in sorted(expected)], rtol=1e-4)


def test_agrees_with_the_loss_that_training_reports(loaded, padded_batches):
    subject = loaded()

    table = passage_losses(subject, padded_batches)

    reported = mean_loss(model_scorer(subject.model), padded_batches)
    assert table["loss"].sum() / table["tokens"].sum() == pytest.approx(reported, rel=1e-6)


def test_the_auxiliary_loss_of_the_router_is_not_in_it(loaded, padded_batches):
    subject = loaded()
    before = passage_losses(subject, padded_batches)
    subject.model.config.output_router_logits = True

    assert passage_losses(subject, padded_batches).equals(before)


def test_windows_of_one_passage_are_summed(loaded, padded_batches):
    subject, [first, *_] = loaded(), padded_batches
    apart = passage_losses(subject, [first])

    together = passage_losses(subject, [replace(first, sequence=torch.tensor([5, 5, 9, 9]))])

    assert together["passage"].tolist() == [5, 9]
    np.testing.assert_allclose(together["loss"], apart["loss"].to_numpy().reshape(2, 2).sum(1))
    assert together["tokens"].tolist() == apart["tokens"].to_numpy().reshape(2, 2).sum(1).tolist()


def made_batch(*rows):
    width = max(map(len, rows))
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    return Batch(ids, mask, torch.arange(len(rows)), ("test",) * len(rows))


def test_a_passage_of_one_token_predicts_nothing(loaded):
    assert passage_losses(loaded(), [made_batch([5], [5, 6, 7])])["passage"].tolist() == [1]
    with pytest.raises(ValueError, match="no token to predict: give at least one window of two tokens"):
        passage_losses(loaded(), [made_batch([5])])
    with pytest.raises(ValueError, match="no token to predict"):
        passage_losses(loaded(), [])


def test_a_loss_that_is_not_finite_names_the_model(loaded, padded_batches):
    subject = loaded()
    subject.model.model.layers[1].self_attn.o_proj.weight[0] = float("nan")

    with pytest.raises(ValueError, match="loss of 'olmoe' is not finite"):
        passage_losses(subject, padded_batches)


def test_a_window_longer_than_the_context(loaded):
    with pytest.raises(ValueError, match="65 tokens do not fit the 64-token context"):
        passage_losses(loaded(), [made_batch([1] * 65)])
