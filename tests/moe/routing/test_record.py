from dataclasses import fields

import numpy as np
import pytest
import torch
from transformers import OlmoeConfig, OlmoeForCausalLM

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, moe_layers
from nbutils.moe.observe import observed
from nbutils.moe.probe import probe
from nbutils.moe.routing import record_routing
from nbutils.moe.routing.record import MEANS
from tests.moe.conftest import SIZES
from tests.moe.routing.made import made_routing


def by_domain(batches):
    """The same batches with a domain for each passage."""
    names = ("plays", "code", "docs")
    return [
        Batch(b.input_ids, b.attention_mask, b.sequence, tuple(names[i % 3] for i in b.sequence.tolist()))
        for b in batches
    ]


def one_by_one(batches):
    """The same windows, each without its padding and a batch of its own."""
    return [
        Batch(row[mask.bool()][None], mask[mask.bool()][None], number[None], (domain,))
        for batch in batches
        for row, mask, number, domain in zip(
            batch.input_ids, batch.attention_mask, batch.sequence, batch.domains, strict=True
        )
    ]


def made_by_hand(loaded, batches):
    """Routing from the layers' own choices, window by window, in float64 and token by token."""
    layers = moe_layers(loaded)
    chosen, passage, domain, ids, means = [], [], [], [], {name: [] for name in MEANS[:4]}
    for batch in one_by_one(batches):
        seen = {}
        with observed(layers, lambda layer, routed, seen=seen: seen.update({layer.index: routed})):
            loaded.model(batch.input_ids)
        for t, token in enumerate(batch.input_ids[0].tolist()):
            token_means = {name: [] for name in means}
            choices = []
            for layer in layers:
                index, weights = seen[layer.index].top_k_index[t], seen[layer.index].top_k_weights[t].double()
                scores = seen[layer.index].router_logits[t].double().softmax(0).numpy()
                shares = (weights / weights.sum()).numpy()
                choices.append([index[i].item() for i in np.argsort(-weights.numpy())])
                token_means["gate_entropy"].append(-(scores * np.log2(scores)).sum())
                token_means["weight_entropy"].append(-(shares * np.log2(shares)).sum())
                token_means["top_score"].append(np.sort(scores)[-1])
                token_means["second_score"].append(np.sort(scores)[-2])
            chosen.append(choices)
            ids.append(token)
            passage.append(batch.sequence.item())
            domain.append(batch.domains[0])
            for name in means:
                means[name].append(token_means[name])
    return made_routing(
        chosen, passage, domain, ids, layers[0].num_experts, {name: np.array(rows) for name, rows in means.items()}
    )


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
def test_agrees_with_counting_by_hand(loaded, padded_batches, name):
    subject, batches = loaded(name), by_domain(padded_batches)

    result, expected = record_routing(subject, batches), made_by_hand(subject, batches)

    order = np.lexsort((expected.fold, expected.domain))  # domain by domain; here a passage is a fold
    assert result.domains == expected.domains
    assert result.layers == [layer.index for layer in moe_layers(subject)]
    assert result.top_k == 2
    for part in ("tokens", "domain", "fold", "loads"):
        np.testing.assert_array_equal(getattr(result, part), getattr(expected, part)[order])
    for part in ("pairs", "consecutive"):
        np.testing.assert_array_equal(getattr(result, part), getattr(expected, part))
    for part in MEANS[:4]:
        np.testing.assert_allclose(result.sums[part], expected.sums[part][order], rtol=1e-4)
    for counts, by_hand in zip(result.vocabulary, expected.vocabulary, strict=True):
        for part in ("token", "expert", "fold", "count"):
            np.testing.assert_array_equal(getattr(counts, part), getattr(by_hand, part))


def test_batching_and_padding_change_nothing(loaded, padded_batches):
    subject = loaded()
    together, apart = (record_routing(subject, part) for part in (padded_batches, one_by_one(padded_batches)))

    for part in ("tokens", "loads", "pairs", "consecutive"):
        np.testing.assert_array_equal(getattr(together, part), getattr(apart, part))
    assert together.tokens.sum() == sum(int(batch.attention_mask.sum()) for batch in padded_batches)


def test_counts_what_the_probe_counts(loaded, padded_batches):
    subject = loaded("deepseek")

    loads = record_routing(subject, padded_batches).loads

    np.testing.assert_array_equal(loads.sum(0), probe(subject, padded_batches).chosen)


def test_the_same_seed_gives_the_same_routing_and_the_model_is_left_as_it_was(loaded, padded_batches):
    subject = loaded()
    before = subject.model(padded_batches[0].input_ids).logits

    first, second = (record_routing(subject, padded_batches, seed=3) for _ in range(2))

    np.testing.assert_array_equal(first.consecutive_shuffled, second.consecutive_shuffled)
    np.testing.assert_array_equal(first.sums["top_shuffled"], second.sums["top_shuffled"])
    assert torch.equal(subject.model(padded_batches[0].input_ids).logits, before)


def test_shuffled_tokens_are_of_other_passages_and_keep_the_loads(loaded):
    """One passage in two batches and another in the second: its first batch is all that the other one can draw."""
    subject = loaded()
    ids = torch.randint(1, 257, (3, 30))
    whole = torch.ones_like(ids)
    batches = [
        Batch(ids[:1], whole[:1], torch.tensor([0]), ("x",)),
        Batch(ids[1:], whole[1:], torch.tensor([0, 1]), ("x", "x")),
    ]

    result = record_routing(subject, batches)

    assert result.consecutive_shuffled.sum((1, 2, 3)).tolist() == [0, 2 * 30]
    rows = result.consecutive_shuffled[1].sum(-1)
    np.testing.assert_array_equal(rows, result.consecutive[1].sum(-1))


def test_one_batch_leaves_nothing_to_shuffle(loaded, padded_batches):
    result = record_routing(loaded(), padded_batches[:1])

    assert not result.consecutive_shuffled.any()
    assert result.consecutive_shuffled.shape == result.consecutive.shape


def test_shuffling_scores_keeps_what_they_are_when_all_tokens_have_the_same(loaded, padded_batches):
    subject = loaded()
    for layer in subject.model.model.layers:
        layer.mlp.gate.weight.zero_()

    sums = record_routing(subject, padded_batches).sums

    for name in ("top", "second"):
        np.testing.assert_allclose(sums[f"{name}_shuffled"], sums[f"{name}_score"], rtol=1e-5)


def test_only_the_layers_asked_for_are_recorded(loaded, padded_batches):
    subject = loaded()
    whole, part = record_routing(subject, padded_batches), record_routing(subject, padded_batches, layers=[0, 2])

    assert part.layers == [0, 2]
    np.testing.assert_array_equal(part.loads, whole.loads[:, [0, 2]])
    assert part.consecutive.shape[1] == 1
    assert not np.array_equal(part.consecutive[:, 0], whole.consecutive[:, 0])  # from layer 0 to 2, not to 1
    assert record_routing(subject, padded_batches, layers=[1]).consecutive.shape[1] == 0


def small(tokenizer, experts, k):
    torch.manual_seed(0)
    config = OlmoeConfig(**SIZES | {"num_hidden_layers": 2}, num_experts=experts, num_experts_per_tok=k)
    return LoadedModel("small", OlmoeForCausalLM(config).eval(), tokenizer)


@pytest.mark.parametrize(("experts", "k"), [(3, 3), (1, 1), (64, 2)])
def test_every_expert_chosen_one_expert_and_fewer_tokens_than_experts(tokenizer, padded_batches, experts, k):
    result = record_routing(small(tokenizer, experts, k), padded_batches[:1])

    tokens = result.tokens.sum()
    assert result.top_k == k
    assert (result.loads.sum((0, 2)) == k * tokens).all()
    assert (result.consecutive.sum((0, 2, 3)) == tokens).all()
    if k == experts:
        assert (result.loads == result.tokens[:, None, None]).all()


def test_beyond_a_hundred_passages_of_a_domain_groups_are_kept(loaded):
    ids = torch.randint(1, 257, (260, 4))
    batches = [
        Batch(ids[i : i + 20], torch.ones(20, 4, dtype=torch.long), torch.arange(i, i + 20), ("a", "b") * 10)
        for i in range(0, 260, 20)
    ]

    result = record_routing(loaded(), batches)

    assert len(result.tokens) == 100  # 50 odd and 50 even numbers below 100
    assert result.tokens.sum() == 1040
    assert set(zip(result.domain.tolist(), (result.fold % 25).tolist(), strict=True)) == {
        (domain, fold) for domain in (0, 1) for fold in range(25)
    }
    assert len(result.pairs) == 25


def test_more_tokens_take_no_more_memory(loaded, padded_batches):
    subject = loaded()
    few, many = record_routing(subject, padded_batches), record_routing(subject, padded_batches * 5)

    assert many.tokens.sum() == 5 * few.tokens.sum()
    for part in fields(few):
        if isinstance(getattr(few, part.name), np.ndarray):
            assert getattr(many, part.name).nbytes == getattr(few, part.name).nbytes
    assert [len(counts.count) for counts in many.vocabulary] == [len(counts.count) for counts in few.vocabulary]


def test_a_router_that_is_not_finite(loaded, padded_batches):
    subject = loaded()
    subject.model.model.layers[1].mlp.gate.weight[2] = float("nan")

    with pytest.raises(ValueError, match="router of layer 1 in 'olmoe' gives values that are not finite"):
        record_routing(subject, padded_batches)


def test_layers_of_different_sizes(loaded, padded_batches):
    subject = loaded()
    subject.model.model.layers[1].mlp.gate.top_k = 3

    with pytest.raises(ValueError, match=r"differ \(layer 0: 2 of 6, layer 1: 3 of 6, .*choose layers that are alike"):
        record_routing(subject, padded_batches)
    assert record_routing(subject, padded_batches, layers=[1]).top_k == 3


def test_nothing_to_measure(loaded):
    with pytest.raises(ValueError, match="no token to measure"):
        record_routing(loaded(), [])


def test_window_longer_than_the_context(loaded, padded_batches):
    subject = loaded()
    subject.model.config.max_position_embeddings = 4

    with pytest.raises(ValueError, match="do not fit the 4-token context of 'olmoe'"):
        record_routing(subject, padded_batches)
