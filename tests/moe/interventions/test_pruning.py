from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from nbutils.models import moe_layers
from nbutils.moe import probe
from nbutils.moe.interventions import (
    cost_above,
    passage_losses,
    pruning_curve,
    pruning_losses,
    saliency,
    without_experts,
)
from nbutils.moe.interventions.pruning import LEAST_SALIENT, LEAST_USED, MOST_SALIENT, RANDOM
from nbutils.moe.observe import observed
from tests.moe.interventions.test_changes import made_losses


def test_saliency_is_a_mean_over_the_tokens_routed_to_the_expert():
    made = SimpleNamespace(
        model="m",
        layers=[2, 5],
        chosen=np.array([[4, 0, 4], [2, 2, 4]]),
        chosen_weighted_norm=np.array([[2.0, 0.0, 8.0], [1.0, 3.0, 0.4]]),
    )

    table = saliency(made)

    assert table["layer"].tolist() == [2, 2, 2, 5, 5, 5]
    assert table["expert"].tolist() == [0, 1, 2, 0, 1, 2]
    assert table["saliency"].tolist() == pytest.approx([0.5, 0, 2, 0.5, 1.5, 0.1])
    assert table["load_share"].tolist() == [0.5, 0, 0.5, 0.25, 0.25, 0.5]
    assert (table["model"] == "m").all()


@pytest.mark.parametrize("name", ["olmoe", "gpt_oss"])
def test_saliency_of_a_model_agrees_with_its_experts_one_by_one(loaded, padded_batches, name):
    subject = loaded(name)
    layer, norms = moe_layers(subject)[1], {}

    def see(layer, routed):
        eager = type(layer.experts).forward.__wrapped__
        for x, row, weights in zip(routed.hidden_states, routed.top_k_index, routed.top_k_weights, strict=True):
            for expert, weight in zip(row.tolist(), weights.tolist(), strict=True):
                one = eager(layer.experts, x[None], torch.tensor([[expert]]), torch.ones(1, 1))
                norms.setdefault(expert, []).append(weight * one.norm().item())

    for batch in padded_batches:
        for ids, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
            with observed([layer], see):
                subject.model(ids[mask.bool()][None])

    table = saliency(probe(subject, padded_batches, layers=[1]))

    expected = [np.mean(norms.get(expert, [0.0])) for expert in range(6)]
    np.testing.assert_allclose(table["saliency"], expected, rtol=1e-3)


@pytest.fixture
def saliencies(loaded, padded_batches):
    return saliency(probe(loaded(), padded_batches))


def test_the_orders_remove_what_they_say(loaded, padded_batches, saliencies):
    subject = loaded()

    losses = pruning_losses(subject, padded_batches, saliencies, {0.5: 2, 0.34: 0})

    for order, column, ascending in [
        (LEAST_SALIENT, "saliency", True),
        (MOST_SALIENT, "saliency", False),
        (LEAST_USED, "load_share", True),
    ]:
        for share, number in ((0.5, 3), (0.34, 2)):
            ranked = saliencies.sort_values(column, ascending=ascending, kind="stable").groupby("layer")["expert"]
            removed = {layer: experts.tolist()[:number] for layer, experts in ranked}
            with without_experts(moe_layers(subject), removed):
                expected = passage_losses(subject, padded_batches)
            rows = losses[(losses["order"] == order) & (losses["share"] == share)]
            np.testing.assert_array_equal(rows["loss"], expected["loss"])
            assert (rows["removed"] == number).all()
    random = losses[losses["order"] == RANDOM]
    assert random.groupby("draw")["loss"].sum().nunique() == 2
    assert set(random["share"]) == {0.5}


def test_the_seed_decides_the_random_sets(loaded, padded_batches, saliencies):
    first, same, other = (pruning_losses(loaded(), padded_batches, saliencies, {0.5: 1}, seed) for seed in (0, 0, 1))

    assert first.equals(same)
    assert (first["loss"] != other["loss"]).tolist() == (first["order"] == RANDOM).tolist()


def test_experts_that_nobody_stands_in_for_are_silent(loaded, padded_batches, saliencies):
    """Five of six are removed, and a token needs two."""
    subject = loaded()

    losses = pruning_losses(subject, padded_batches, saliencies, {0.9: 1})

    assert np.isfinite(losses["loss"]).all()
    assert (losses["removed"] == 5).all()


def test_layers_that_are_not_in_the_table_keep_their_experts(loaded, padded_batches, saliencies):
    subject = loaded()
    one = saliencies[saliencies["layer"] == 2]

    losses = pruning_losses(subject, padded_batches, one, {0.5: 0})

    least = one.sort_values("saliency")["expert"].tolist()[:3]
    with without_experts(moe_layers(subject)[2:], {2: least}):
        expected = passage_losses(subject, padded_batches)
    np.testing.assert_array_equal(losses[losses["order"] == LEAST_SALIENT]["loss"], expected["loss"])


def test_what_cannot_be_pruned_is_named(loaded, padded_batches, saliencies):
    with pytest.raises(ValueError, match="saliencies are of other: give those of 'olmoe'"):
        pruning_losses(loaded(), padded_batches, saliencies.assign(model="other"))
    with pytest.raises(ValueError, match="share 1 of the experts cannot be removed"):
        pruning_losses(loaded(), padded_batches, saliencies, {1: 3})
    with pytest.raises(ValueError, match="no layer 7 to measure"):
        pruning_losses(loaded(), padded_batches, saliencies.assign(layer=7))


def made_pruning(least=0.2, used=0.4, random=(0.5,) * 19, share=0.5, removed=4, **looks):
    """Rows of `pruning_losses` with these changes in loss."""
    keys = {"share": share, "removed": removed}
    effects = [({"order": LEAST_SALIENT, **keys, "draw": 0}, least), ({"order": MOST_SALIENT, **keys, "draw": 0}, 1.0)]
    effects += [({"order": LEAST_USED, **keys, "draw": 0}, used)]
    effects += [({"order": RANDOM, **keys, "draw": draw}, change) for draw, change in enumerate(random)]
    return made_losses(effects, **looks)


def test_the_curve_has_the_mean_and_the_range_over_draws():
    curve = pruning_curve(made_pruning(random=(0.3, 0.5, 1.0), noise=0.0), resamples=100).set_index("order")

    row = curve.loc[RANDOM]
    assert row[["change", "best_draw", "worst_draw", "draws"]].tolist() == pytest.approx([0.6, 0.3, 1.0, 3])
    assert curve.loc[LEAST_SALIENT, ["change", "best_draw", "draws"]].tolist() == pytest.approx([0.2, 0.2, 1])
    assert row["loss"] == pytest.approx(curve.loc[LEAST_SALIENT, "loss"] + 0.4)


def test_cost_above_the_least_salient_is_paired_and_counts_the_draws():
    losses = made_pruning(random=(0.1, 0.2, 0.6, 0.9), noise=0.0, by_passage=2.0)

    [row] = cost_above(losses, RANDOM, resamples=100).to_dict("records")

    assert row["change"] == pytest.approx(0.25)
    assert row["high"] - row["low"] == pytest.approx(0, abs=1e-9)
    assert (row["draws"], row["removed"], row["share"]) == (4, 4, 0.5)
    assert row["as_good"] in (1, 2)  # the draw that costs the same up to rounding, and the cheaper one
    [row] = cost_above(losses, LEAST_USED, resamples=100).to_dict("records")
    assert (row["change"], row["draws"], row["as_good"]) == (pytest.approx(0.2), 1, 0)


def test_an_order_without_a_draw_at_a_share_has_no_row():
    half, all_shares = made_pruning(), made_pruning(share=0.25, random=())

    table = cost_above(pd.concat([all_shares, half], ignore_index=True), RANDOM, resamples=100)

    assert table["share"].tolist() == [0.5]
    assert table["change"].item() == cost_above(half, RANDOM, resamples=100)["change"].item()
