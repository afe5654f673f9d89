from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nbutils.models import ModelError, moe_layers
from nbutils.moe import probe
from nbutils.moe.observe import observed
from nbutils.moe.outputs import others_beside
from nbutils.moe.sums import merged


@dataclass
class Dense:
    """A dense layer as the reference of an MoE layer."""

    index: int
    hidden_size: int = 32
    intermediate_size: int = 20

    def __post_init__(self):
        self.name = f"dense {self.index}"
        self.module = torch.nn.Module()
        self.module.act_fn = torch.nn.SiLU()

    def weight(self, number, *shape):
        return torch.randn(*shape, generator=torch.Generator().manual_seed(10 * self.index + number))

    def gate(self):
        return self.weight(0, self.intermediate_size, self.hidden_size)

    def up(self):
        return self.weight(1, self.intermediate_size, self.hidden_size)

    def down(self):
        return self.weight(2, self.hidden_size, self.intermediate_size)


def outputs_by_hand(subject, batches, layer, dense=None):
    """[T, M, H] of all members for all tokens of one layer in float64, through the model's own modules."""
    inputs = []
    for batch in batches:
        for row, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
            with observed([layer], lambda _, routed: inputs.append(routed.hidden_states)):
                subject.model(row[mask.bool()][None])
    x = torch.cat(inputs)
    ones = torch.ones(len(x), 1)
    members = [layer.experts(x, torch.full((len(x), 1), e), ones) for e in range(layer.num_experts)]
    if layer.shared_experts is not None:
        members.append(layer.shared_experts(x))
    if dense is not None:
        members.append((F.silu(x @ dense.gate().T) * (x @ dense.up().T)) @ dense.down().T)
    return torch.stack(members, 1).double()


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
def test_similarities_are_those_of_outputs_compared_by_hand(loaded, padded_batches, name):
    subject = loaded(name)
    result = probe(subject, padded_batches, outputs=True)
    tokens = result.tokens.sum()

    for i, layer in enumerate(moe_layers(subject)):
        outputs = outputs_by_hand(subject, padded_batches, layer)
        cosine = F.cosine_similarity(outputs[:, :, None], outputs[:, None], dim=-1)
        off = ~torch.eye(layer.num_experts, dtype=bool)
        among = cosine[:, : layer.num_experts, : layer.num_experts]
        np.testing.assert_allclose(result.outputs.cosine[i] / tokens, cosine.mean(0), atol=1e-5)
        angular = 1 - cosine.clamp(-1, 1).arccos() / np.pi
        np.testing.assert_allclose(result.outputs.angular[i] / tokens, angular.mean(0), atol=1e-3)
        assert result.outputs.cosine_by_group[:, i, 0].sum() == pytest.approx(float(among[:, off].mean(1).sum()), 1e-4)
        unit = F.normalize(outputs, dim=-1)
        every_pair_of_tokens = torch.einsum("tih,sjh->ij", unit, unit) / len(unit) ** 2
        mean = result.outputs.direction[i] / tokens
        np.testing.assert_allclose(mean @ mean.T, every_pair_of_tokens, atol=1e-5)


def test_shared_experts_and_a_dense_reference_stand_beside_the_experts(loaded, padded_batches):
    subject = loaded("deepseek")
    layers = moe_layers(subject)
    reference = [Dense(layer.index) for layer in layers]

    result = probe(subject, padded_batches, outputs=True, reference=reference)

    assert result.outputs.members == [*map(str, range(8)), "shared", "reference"]
    outputs = outputs_by_hand(subject, padded_batches, layers[1], reference[1])
    cosine = F.cosine_similarity(outputs[:, :, None], outputs[:, None], dim=-1)
    np.testing.assert_allclose(result.outputs.cosine[1] / result.tokens.sum(), cosine.mean(0), atol=1e-5)
    beside = result.outputs.cosine_by_group[:, 1].sum(0) / result.tokens.sum()
    np.testing.assert_allclose(beside[1:], cosine[:, :8, 8:].mean((0, 1)), atol=1e-5)


def test_what_else_is_measured_stays_the_same(loaded, padded_batches):
    plain, compared = probe(loaded(), padded_batches), probe(loaded(), padded_batches, outputs=True)

    assert plain.outputs is None
    np.testing.assert_array_equal(plain.rank_counts, compared.rank_counts)
    np.testing.assert_array_equal(plain.moments, compared.moments)


def test_saliency_is_the_weighted_norm_of_chosen_outputs(loaded, padded_batches):
    subject = loaded()
    layer = moe_layers(subject)[1]
    outputs = outputs_by_hand(subject, padded_batches, layer)
    weights = []
    for batch in padded_batches:
        for row, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
            with observed([layer], lambda _, routed: weights.append(routed)):
                subject.model(row[mask.bool()][None])
    index, weight = (torch.cat([getattr(w, name) for w in weights]) for name in ("top_k_index", "top_k_weights"))
    expected = torch.zeros(6, dtype=torch.float64)
    for t in range(len(index)):
        for expert, value in zip(index[t], weight[t], strict=True):
            expected[expert] += value * outputs[t, expert].norm()

    np.testing.assert_allclose(probe(subject, padded_batches).chosen_weighted_norm[1], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ([Dense(0), Dense(1)], "no dense layer 2"),
        (
            [Dense(0), Dense(1), Dense(2, hidden_size=16)],
            "layer 2 of the reference has matrices of 20 x 16 and the experts have 24 x 32",
        ),
    ],
)
def test_a_reference_of_another_shape_is_refused(loaded, reference, message):
    subject = loaded()

    with pytest.raises(ModelError, match=message):
        others_beside(subject, moe_layers(subject), reference)


def test_a_reference_of_more_than_weights_is_refused(loaded):
    subject = loaded()
    reference = [Dense(i) for i in range(3)]
    reference[1].module.bias = torch.nn.Parameter(torch.zeros(3))

    with pytest.raises(ModelError, match=r"has biases in dense 1.* leave the reference out"):
        others_beside(subject, moe_layers(subject), reference)
    reference[1].module = torch.nn.Module()
    with pytest.raises(ModelError, match="an activation of its own"):
        others_beside(subject, moe_layers(subject), reference)


def test_a_reference_is_run_with_its_own_activation(loaded, padded_batches):
    subject = loaded("gpt_oss")
    layer = moe_layers(subject)[0]
    dense = Dense(0)
    dense.module.act_fn = torch.nn.GELU()

    run = others_beside(subject, [layer], [dense])[0]["reference"]

    x = torch.randn(5, 32)
    expected = (F.gelu(x @ dense.gate().T) * (x @ dense.up().T)) @ dense.down().T
    torch.testing.assert_close(run(x), expected)


def test_merged_parts_are_the_whole(loaded, padded_batches):
    subject = loaded()
    whole = probe(subject, padded_batches, outputs=True)

    parts = merged([probe(subject, padded_batches[:1], outputs=True), probe(subject, padded_batches[1:], outputs=True)])

    assert parts.tokens.tolist() == whole.tokens.tolist()
    np.testing.assert_array_equal(parts.rank_counts, whole.rank_counts)
    np.testing.assert_allclose(parts.moments, whole.moments)
    np.testing.assert_allclose(parts.activation_max, whole.activation_max)
    np.testing.assert_allclose(parts.outputs.cosine, whole.outputs.cosine)
    np.testing.assert_allclose(parts.outputs.angular_by_group, whole.outputs.angular_by_group)


def test_only_probes_of_one_model_can_be_merged(loaded, padded_batches):
    one, other = probe(loaded(), padded_batches), probe(loaded("gpt_oss"), padded_batches)

    with pytest.raises(ValueError, match="only probes of one model"):
        merged([one, other])
    with pytest.raises(ValueError, match="give at least one"):
        merged([])
