import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from nbutils.corpora import Batch
from nbutils.kernels.reference import expert_activations
from nbutils.models import moe_layers
from nbutils.moe import probe
from nbutils.moe.observe import observed
from nbutils.moe.scores import gate_scores, random_tie_order, rank_agreement, ranks_of
from nbutils.moe.similarity import activations_by_expert


def counted_by_hand(loaded, batches):
    """Token by token and expert by expert, with the model's own experts module."""
    model = loaded.model
    layers = moe_layers(loaded)
    counts = {layer.index: np.zeros((layer.num_experts, layer.num_experts), int) for layer in layers}
    top, rho = {layer.index: [] for layer in layers}, {layer.index: [] for layer in layers}
    for batch in batches:
        for row, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
            seen = {}
            with observed(layers, lambda layer, routed, seen=seen: seen.update({layer.index: routed})):
                model(row[mask.bool()][None])
            for layer in layers:
                routed = seen[layer.index]
                for t, x in enumerate(routed.hidden_states):
                    norms = []
                    for expert in range(layer.num_experts):
                        one = layer.experts(x[None], torch.tensor([[expert]]), torch.ones(1, 1))
                        norms.append(one.double().norm().item())
                    scores = routed.router_logits[t].tolist()
                    by_norm, by_score = np.argsort(-np.array(norms)), np.argsort(-np.array(scores))
                    for rank, expert in enumerate(by_score):
                        counts[layer.index][rank, list(by_norm).index(expert)] += 1
                    best = routed.top_k_index[t][routed.top_k_weights[t].argmax()]
                    top[layer.index].append(int(best) == by_norm[0])
                    rho[layer.index].append(spearmanr(scores, norms).statistic)
    return counts, top, rho


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
def test_agrees_with_counting_by_hand(loaded, padded_batches, name):
    subject = loaded(name)
    counts, top, rho = counted_by_hand(subject, padded_batches)

    result = probe(subject, padded_batches)

    assert result.layers == list(counts)
    tokens = sum(int(batch.attention_mask.sum()) for batch in padded_batches)
    assert result.tokens.sum() == tokens
    for i, layer in enumerate(result.layers):
        # Norms that differ by rounding only may swap neighbours.
        assert np.abs(result.rank_counts[i] - counts[layer]).sum() <= 4
        assert result.sums["top_largest"][:, i].sum() == pytest.approx(sum(top[layer]), abs=1)
        assert result.sums["spearman"][:, i].sum() == pytest.approx(sum(rho[layer]), abs=0.2)


def test_sums_belong_to_their_passages_and_do_not_depend_on_batching(loaded, padded_batches):
    subject = loaded()
    single = []
    for batch in padded_batches:
        for i in range(len(batch.sequence)):
            part = (value[i : i + 1] for value in (batch.input_ids, batch.attention_mask, batch.sequence))
            single.append(type(batch)(*part, batch.domains[:1]))

    together, apart = probe(subject, padded_batches), probe(subject, single)

    assert np.array_equal(together.tokens, apart.tokens)
    for name in ("top_largest", "spearman", "smallest_scores_high"):
        np.testing.assert_allclose(together.sums[name], apart.sums[name], atol=0.1)
    np.testing.assert_allclose(together.moments, apart.moments, rtol=1e-4)
    np.testing.assert_allclose(together.activations, apart.activations, rtol=1e-4)
    np.testing.assert_allclose(together.activation_max, apart.activation_max, rtol=1e-4)


def test_activations_are_those_of_the_experts(loaded, padded_batches):
    subject = loaded()
    activations = []

    def see(layer, routed):
        if layer.index == 1:
            activations.append(expert_activations(layer.experts, {4: routed.hidden_states}))

    for batch in padded_batches:
        for row, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
            with observed(moe_layers(subject), see):
                subject.model(row[mask.bool()][None])
    h = torch.cat(activations).abs().double()

    table = activations_by_expert({"m": probe(subject, padded_batches)}).set_index(["layer", "expert"])

    row = table.loc[(1, 4)]
    assert row["mean_abs"] == pytest.approx(h.mean().item(), rel=1e-4)
    assert row["rms"] == pytest.approx(h.square().mean().sqrt().item(), rel=1e-4)
    assert row["largest"] == pytest.approx(h.max().item(), rel=1e-4)
    assert row["sparseness"] == pytest.approx(1 - (h.mean() ** 2 / h.square().mean()).item(), abs=1e-4)
    assert row["active"] == pytest.approx((h > 1e-3).double().mean().item(), abs=1e-3)


def test_routed_tokens_are_counted(loaded, padded_batches):
    result = probe(loaded(), padded_batches)

    assert result.chosen.sum(1).tolist() == [2 * result.tokens.sum()] * 3
    assert (result.rank_counts.sum((1, 2)) == 6 * result.tokens.sum()).all()


def test_only_the_layers_asked_for_are_measured(loaded, padded_batches):
    assert probe(loaded(), padded_batches, layers=[2]).layers == [2]


def test_more_tokens_take_no_more_memory(loaded, padded_batches):
    few, many = probe(loaded(), padded_batches[:1]), probe(loaded(), padded_batches * 20)

    assert many.tokens.sum() > 20 * few.tokens.sum()
    assert many.rank_counts.shape == few.rank_counts.shape
    assert len(many.tokens) == 12


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda m: m.model.layers[1].mlp.experts.down_proj[3, 0, 0], r"expert 3 of layer 1 .* not finite"),
        (lambda m: m.model.layers[1].mlp.gate.weight[2], r"router of layer 1 .* not finite"),
        (lambda m: m.model.layers[2].self_attn.o_proj.weight[0], r"layer 2 receives values that are not finite"),
    ],
)
def test_nan_in_weights_is_named(loaded, padded_batches, damage, message):
    subject = loaded()
    damage(subject.model).fill_(float("nan"))

    with pytest.raises(ValueError, match=message):
        probe(subject, padded_batches)


def test_window_longer_than_the_context(loaded, padded_batches):
    subject = loaded()
    subject.model.config.max_position_embeddings = 8

    with pytest.raises(ValueError, match="tokens do not fit the 8-token context of 'olmoe'"):
        probe(subject, padded_batches)


def test_nothing_to_measure(loaded):
    with pytest.raises(ValueError, match="no token to measure"):
        probe(loaded(), [])


values = st.lists(st.floats(-10, 10, width=16), min_size=4, max_size=9, unique=True)


@given(values, st.integers(0, 1000))
def test_ranks_follow_the_values(row, seed):
    x = torch.tensor([row])

    ranks = ranks_of(random_tie_order(x, torch.Generator().manual_seed(seed)))[0]

    assert [row[i] for i in ranks.argsort()] == sorted(row, reverse=True)


def test_ties_are_broken_at_random():
    x = torch.zeros(1, 8)
    generator = torch.Generator().manual_seed(0)

    orders = {tuple(random_tie_order(x, generator)[0].tolist()) for _ in range(20)}

    assert len(orders) > 10


@given(st.permutations(range(7)), st.permutations(range(7)))
def test_rank_agreement_matches_scipy_and_plain_counts(scores, norms):
    score_ranks, norm_ranks = torch.tensor([scores]), torch.tensor([norms])
    best = score_ranks.argmin(1, keepdim=True)

    result = {name: value.item() for name, value in rank_agreement(score_ranks, norm_ranks, best).items()}

    assert result["spearman"] == pytest.approx(spearmanr(scores, norms).statistic, abs=1e-6)
    assert result["top_largest"] == float(scores.index(0) == norms.index(0))
    rest = [i for i in range(7) if scores[i] != 0]
    by_score, by_norm = (sorted(rest, key=ranks.__getitem__) for ranks in (scores, norms))
    assert result["same_rank_below_top"] == pytest.approx(
        sum(a == b for a, b in zip(by_score, by_norm, strict=True)) / 6
    )
    assert result["smallest_scores_high"] == float(scores[norms.index(6)] < 3)


def test_scores_are_a_softmax_unless_they_are_probabilities_already():
    logits = torch.tensor([[1.0, 2.0, -1.0]])

    assert torch.equal(gate_scores(logits), logits.softmax(-1))
    assert torch.equal(gate_scores(logits.softmax(-1)), logits.softmax(-1))


def test_agreement_at_the_top_alone_is_no_agreement_below():
    """Simulation: the top score has the largest norm for most tokens, the others are ranked at random."""
    generator = torch.Generator().manual_seed(0)
    score_ranks = ranks_of(torch.rand(20_000, 8, generator=generator).argsort(-1))
    norms = torch.rand(20_000, 8, generator=generator) + (score_ranks == 0).float() * 0.7

    result = rank_agreement(
        score_ranks, ranks_of(norms.argsort(-1, descending=True)), score_ranks.argmin(1, keepdim=True)
    )

    assert result["top_largest"].mean() > 0.5
    assert result["same_rank_below_top"].mean().item() == pytest.approx(1 / 7, abs=0.003)


def test_shuffled_agreement_keeps_what_experts_are_like_for_every_token(loaded):
    """All tokens of a model whose scores do not depend on the token: shuffling changes nothing."""
    subject = loaded()
    for layer in subject.model.model.layers:
        layer.mlp.gate.weight.zero_()
        layer.mlp.experts.down_proj.mul_(torch.arange(1, 7)[:, None, None] ** 3)
    ids = torch.randint(1, 257, (6, 40))
    batches = [
        Batch(ids[i : i + 2], torch.ones(2, 40, dtype=torch.long), torch.tensor([i, i + 1]), ("x",) * 2)
        for i in (0, 2, 4)
    ]

    result = probe(subject, batches)

    largest = result.sums["smallest_scores_high"].sum(0) / result.tokens.sum()
    shuffled = result.shuffled["smallest_scores_high"].sum(0) / result.shuffled_tokens.sum()
    np.testing.assert_allclose(shuffled, largest, atol=0.1)
    assert result.shuffled_tokens.sum() == 160  # all batches but the first
    assert not probe(subject, batches[:1]).shuffled_tokens.any()


def test_layers_that_are_not_there(loaded, padded_batches):
    with pytest.raises(ValueError, match="there is no layer 99 to measure in 'olmoe': its MoE layers are 0, 1, 2"):
        probe(loaded(), padded_batches, layers=[99])
