import pytest
import torch
import torch.nn.functional as F

from nbutils.corpora import batch_of
from nbutils.models import ModelError, moe_layers
from nbutils.moe.observe import observed
from nbutils.moe.similarity import gate_activations, neuron_activations


def inputs_of(subject, layer, ids):
    seen = []
    with observed([layer], lambda _, routed: seen.append(routed)):
        subject.model(ids)
    return seen[0]


def test_shares_are_those_counted_by_hand(loaded, padded_batches):
    subject = loaded()

    table = gate_activations(subject, padded_batches, threshold=0.05, resamples=100)

    for layer in moe_layers(subject):
        counted = []
        for batch in padded_batches:
            for row, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
                x = inputs_of(subject, layer, row[mask.bool()][None]).hidden_states
                gates = torch.stack([F.silu(x @ layer.gate(expert).T) for expert in range(6)], dim=1)
                counted.append((gates.abs() > 0.05).double().mean((1, 2)))
        row = table[table["layer"] == layer.index].iloc[0]
        assert row["share"] == pytest.approx(torch.cat(counted).mean().item(), abs=1e-6)
        assert row["low"] < row["share"] < row["high"]
    layers = table[table["layer"] >= 0]
    assert table.iloc[-1]["layer"] == -1
    assert table.iloc[-1]["share"] == pytest.approx(layers["share"].mean())
    assert (table["passages"] == 12).all()


def test_neurons_of_one_token(loaded):
    subject = loaded("deepseek")
    sentence = "To be, or not"

    table = neuron_activations(subject, sentence, [2], position=3)

    layer = moe_layers(subject)[1]
    routed = inputs_of(subject, layer, batch_of(sentence, subject.tokenizer).input_ids)
    assert table["token"].unique().tolist() == ["b"]
    assert table.shape[0] == 8 * 12
    for expert, rows in table.groupby("expert"):
        expected = F.silu(layer.gate(expert) @ routed.hidden_states[3])
        torch.testing.assert_close(torch.tensor(rows["activation"].to_numpy()), expected)
        assert rows["chosen"].all() == (expert in routed.top_k_index[3])


def test_experts_that_hide_their_activation_are_named(loaded, padded_batches):
    with pytest.raises(ModelError, match="GptOssExperts keep their activation function to themselves"):
        gate_activations(loaded("gpt_oss"), padded_batches)
