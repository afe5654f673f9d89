import numpy as np
import pytest
import torch

from nbutils.models import LoadedModel, moe_layers
from nbutils.moe.interventions import (
    expert_knockouts,
    expert_losses,
    passage_losses,
    rerouted,
    router_choice_knockouts,
    router_choice_losses,
    top_against_least,
)
from nbutils.moe.interventions.choices import silenced, without_top
from nbutils.moe.interventions.knockout import KINDS, RANDOM, TOP
from nbutils.moe.observe import observed
from tests.moe.conftest import SIZES
from tests.moe.interventions.test_losses import made_batch


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
def test_one_row_for_each_layer_kind_and_passage(loaded, padded_batches, name):
    subject = loaded(name)
    layers = [layer.index for layer in moe_layers(subject)]

    losses = router_choice_losses(subject, padded_batches)

    assert len(losses) == len(layers) * len(KINDS) * 12
    assert losses["layer"].unique().tolist() == layers
    untouched = passage_losses(subject, padded_batches)
    assert (losses.groupby(["layer", "kind"])["untouched"].sum() == untouched["loss"].sum()).all()
    with rerouted(moe_layers(subject)[-1:], without_top()):
        expected = passage_losses(subject, padded_batches)
    rows = losses[(losses["layer"] == layers[-1]) & (losses["kind"] == TOP)]
    np.testing.assert_array_equal(rows["loss"], expected["loss"])
    assert (rows["loss"] != rows["untouched"]).all()
    table = router_choice_knockouts(losses, resamples=100)
    row = table[(table["layer"] == layers[-1]) & (table["kind"] == TOP)].iloc[0]
    tokens = untouched["tokens"].sum()
    assert row["loss"] == pytest.approx(expected["loss"].sum() / tokens)
    assert row["change"] == pytest.approx((expected["loss"] - untouched["loss"]).sum() / tokens)
    assert row["low"] < row["change"] < row["high"]
    mean = table[(table["layer"] == -1) & (table["kind"] == TOP)].iloc[0]
    assert mean["change"] == pytest.approx(table[(table["layer"] >= 0) & (table["kind"] == TOP)]["change"].mean())
    assert (row["passages"], row["tokens"]) == (12, tokens)


def test_the_same_seed_gives_the_same_losses_and_another_one_others(loaded, padded_batches):
    first, same, other = (router_choice_losses(loaded(), padded_batches, [1], seed) for seed in (0, 0, 1))

    assert first.equals(same)
    random = first["kind"] == RANDOM
    assert (first[random]["loss"] != other[random]["loss"]).all()
    assert first[first["kind"] == TOP].equals(other[other["kind"] == TOP])


def test_top_against_least_is_their_difference(loaded, padded_batches):
    losses = router_choice_losses(loaded(), padded_batches)

    table = top_against_least(losses, resamples=100)

    changes = router_choice_knockouts(losses, resamples=100).pivot(index="layer", columns="kind", values="change")
    assert table["layer"].tolist() == [0, 1, 2, -1]
    expected = (changes["top dropped"] - changes["least dropped"])[table["layer"]]
    np.testing.assert_allclose(table["change"], expected)


@pytest.mark.parametrize(("name", "biased"), [("olmoe", False), ("deepseek", False), ("gpt_oss", True)])
def test_a_silenced_expert_is_one_whose_down_projection_is_nothing(loaded, padded_batches, name, biased):
    subject = loaded(name)
    layer = moe_layers(subject)[1]

    losses = expert_losses(subject, padded_batches, [layer.index], [0, 4])

    layer.experts.down_proj[4] = 0
    if biased:
        layer.experts.down_proj_bias[4] = 0
    expected = passage_losses(subject, padded_batches)
    rows = losses[losses["expert"] == 4]
    np.testing.assert_allclose(rows["loss"], expected["loss"], rtol=1e-4)
    assert losses["expert"].unique().tolist() == [0, 4]
    assert not np.allclose(rows["loss"], rows["untouched"], rtol=1e-4)


def test_load_shares_are_those_of_the_router_without_padding(loaded, padded_batches):
    subject, chosen = loaded(), []

    def see(layer, routed):
        chosen.append(routed.top_k_index.flatten())

    table = expert_knockouts(expert_losses(subject, padded_batches, [2]), resamples=100)

    for batch in padded_batches:
        for ids, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
            with observed(moe_layers(subject)[2:], see):
                subject.model(ids[mask.bool()][None])
    counts = torch.cat(chosen).bincount(minlength=6)
    np.testing.assert_allclose(table["load_share"], counts / counts.sum())
    assert table["expert"].tolist() == list(range(6))


def test_an_expert_that_no_token_is_routed_to_costs_nothing(loaded):
    subject, batches = loaded(), [made_batch([7, 8], [7, 8])]

    table = expert_knockouts(expert_losses(subject, batches, [0]), resamples=100)

    unused = table["load_share"] == 0
    assert unused.any()
    assert (table[unused][["change", "low", "high"]] == 0).all(axis=None)
    assert (table[~unused]["change"] != 0).any()


def test_a_layer_whose_experts_are_all_silent_gives_nothing(loaded, padded_batches):
    subject = loaded()
    layer = moe_layers(subject)[1]
    with rerouted([layer], silenced(range(6))):
        silent = passage_losses(subject, padded_batches)

    layer.experts.down_proj.zero_()

    np.testing.assert_allclose(silent["loss"], passage_losses(subject, padded_batches)["loss"], rtol=1e-5)


@pytest.fixture
def alone(tokenizer):
    """A model with as many experts a token as there are."""
    from transformers import OlmoeConfig, OlmoeForCausalLM

    def make(experts):
        torch.manual_seed(0)
        model = OlmoeForCausalLM(OlmoeConfig(**SIZES, num_experts=experts, num_experts_per_tok=experts))
        return LoadedModel("alone", model.eval().requires_grad_(False), tokenizer)

    return make


def test_one_expert(alone, padded_batches):
    table = router_choice_knockouts(router_choice_losses(alone(1), padded_batches, [1]), resamples=100)

    changes = table[table["layer"] == 1].set_index("kind")["change"]
    assert changes["top dropped"] == changes["least dropped"] == changes["random dropped"] != 0
    assert changes["random experts"] == changes["least-scored experts"] == 0


def test_where_every_expert_is_chosen_the_least_scored_ones_are_the_same(alone, padded_batches):
    table = router_choice_knockouts(router_choice_losses(alone(3), padded_batches, [1]), resamples=100)

    changes = table[table["layer"] == 1].set_index("kind")["change"]
    assert changes["least-scored experts"] == pytest.approx(0, abs=1e-6)
    assert abs(changes["random experts"]) > 1e-4


def test_a_layer_without_experts_and_an_expert_that_is_not_there_are_named(loaded, padded_batches):
    with pytest.raises(ValueError, match="no layer 0 to measure in 'deepseek': its MoE layers are 1, 2"):
        router_choice_losses(loaded("deepseek"), padded_batches, [0])
    with pytest.raises(ValueError, match="layer 1 has no expert 6"):
        expert_losses(loaded(), padded_batches, [1], [6])
