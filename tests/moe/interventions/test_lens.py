from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from nbutils.models import ModelError, moe_layers
from nbutils.moe.interventions import expert_lens, lens, lens_gains
from nbutils.moe.interventions.lens import weighted_outputs
from nbutils.moe.interventions.readout import readout
from nbutils.moe.observe import observed
from tests.moe.interventions.test_losses import made_batch


def seen_by_layer(subject, ids):
    seen = {}
    with observed(moe_layers(subject), lambda layer, routed: seen.update({layer.index: routed})):
        subject.model(ids[None])
    return seen


def one_output(layer, x, expert, weight):
    """What a single expert puts out for a single token."""
    eager = type(layer.experts).forward.__wrapped__
    return eager(layer.experts, x[None], torch.tensor([[expert]]), torch.tensor([[weight]]))[0]


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
def test_weighted_outputs_are_those_of_the_experts_and_add_up_to_the_layer_s(loaded, name):
    subject = loaded(name)
    layer = moe_layers(subject)[0]
    routed = seen_by_layer(subject, torch.randint(1, 257, (7,)))[layer.index]

    outputs = weighted_outputs(layer, routed)

    for t, x in enumerate(routed.hidden_states):
        for slot in range(2):
            expert, weight = int(routed.top_k_index[t, slot]), float(routed.top_k_weights[t, slot])
            torch.testing.assert_close(outputs[t, slot], one_output(layer, x, expert, weight))
    whole = layer.experts(routed.hidden_states, routed.top_k_index, routed.top_k_weights)
    torch.testing.assert_close(outputs.sum(1), whole, rtol=1e-4, atol=1e-5)


def by_hand(subject, batches, top):
    """Every slot of every token through the norm and the whole vocabulary, one window at a time."""
    model, layers = subject.model, moe_layers(subject)
    outputs, sums = {}, {}
    for batch in batches:
        for ids, mask, passage in zip(batch.input_ids, batch.attention_mask, batch.sequence.tolist(), strict=True):
            ids = ids[mask.bool()]
            seen = seen_by_layer(subject, ids)
            for layer in layers:
                routed, following = seen[layer.index], ids[1:]
                for t, x in enumerate(routed.hidden_states):
                    for expert, weight in zip(
                        routed.top_k_index[t].tolist(), routed.top_k_weights[t].tolist(), strict=True
                    ):
                        output = one_output(layer, x, expert, weight)
                        outputs.setdefault((layer.index, expert), []).append(output)
                        if t == len(following) or len(following) < 2:
                            continue
                        logits = model.lm_head(model.model.norm(output)).double()
                        others = [int(token) for i, token in enumerate(following) if i != t]
                        row = sums.setdefault((layer.index, passage), [0, 0.0, 0.0])
                        row[0] += 1
                        row[1] += float(logits[following[t]])
                        row[2] += float(np.mean([float(logits[token]) for token in others]))
    votes = {}
    for layer in layers:
        means = {e: torch.stack(found).mean(0) for (index, e), found in outputs.items() if index == layer.index}
        logits = {e: model.lm_head(model.model.norm(mean)) for e, mean in means.items()}
        average = torch.stack([*logits.values()]).mean(0)
        for expert, value in logits.items():
            votes[layer.index, expert] = (value - average).topk(top)
    return votes, sums, outputs


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
@pytest.mark.parametrize("tokens", [5, 1024])
def test_agrees_with_reading_slot_by_slot(loaded, padded_batches, monkeypatch, name, tokens):
    subject, batches = loaded(name), padded_batches[:2]
    monkeypatch.setattr(lens, "TOKENS", tokens)
    votes, sums, outputs = by_hand(subject, batches, top=3)

    said, passages = expert_lens(subject, batches, top=3)

    assert len(said) == 3 * len(votes)
    for (layer, expert), best in votes.items():
        rows = said[(said["layer"] == layer) & (said["expert"] == expert)].sort_values("rank")
        assert rows["token"].tolist() == [subject.tokenizer.decode([token]) for token in best.indices.tolist()]
        np.testing.assert_allclose(rows["logit"], best.values, rtol=1e-3)
        total = sum(len(found) for (index, _), found in outputs.items() if index == layer)
        assert rows["load_share"].iloc[0] == pytest.approx(len(outputs[layer, expert]) / total)
    assert len(passages) == len(sums)
    for row in passages.itertuples():
        expected = sums[row.layer, row.passage]
        assert row.slots == expected[0]
        assert (row.own, row.others) == (pytest.approx(expected[1], abs=2e-3), pytest.approx(expected[2], abs=2e-3))


def test_next_tokens_that_the_experts_know_nothing_of_gain_nothing(loaded):
    """Over all orders of the next tokens of a window the gain sums to 0, whatever the experts put out."""
    subject = loaded()
    ids = torch.randint(1, 257, (9,))
    out = readout(subject)
    routed = seen_by_layer(subject, ids)[1]
    spoken = out.normed(weighted_outputs(moe_layers(subject)[1], routed)).sum(1)

    targets = lens._targets(out, made_batch(ids.tolist()))

    contrasts = (targets.own - targets.others)[targets.told]
    torch.testing.assert_close(contrasts.sum(0), torch.zeros(32), atol=1e-4, rtol=0)
    gains = torch.stack([(spoken[:8] * contrasts.roll(shift, 0)).sum() for shift in range(8)])
    assert gains.sum().item() == pytest.approx(0, abs=1e-2)
    assert gains.abs().max() > 0.1


def test_experts_that_put_out_the_unembedding_of_the_next_token_gain(loaded, monkeypatch):
    """Every token but the fourth of a window is followed by itself."""
    subject = loaded()
    ids = torch.tensor([[5] * 4 + [9] * 4, [7] * 4 + [6] * 4])
    known = subject.model.lm_head.weight[ids.flatten()][:, None].expand(-1, 2, -1)
    monkeypatch.setattr(lens, "weighted_outputs", lambda layer, routed: known)

    _, passages = expert_lens(subject, [made_batch(*ids.tolist())], [1])

    assert (passages["own"] > passages["others"] + 1).all()


def test_fewer_tokens_than_experts_and_passages_without_a_contrast(loaded):
    subject = loaded()

    said, passages = expert_lens(subject, [made_batch([5, 6], [7, 8, 9]), made_batch([1])], [0], top=400)

    assert passages["passage"].tolist() == [1]
    assert passages["slots"].tolist() == [4]
    assert said["expert"].nunique() <= 6
    assert (said.groupby("expert")["rank"].max() == 300).all()
    assert said.groupby("expert")["load_share"].first().sum() == pytest.approx(1)


def test_gains_have_intervals_by_layer_and_the_mean():
    generator = np.random.default_rng(0)
    frames = []
    for layer, gain in ((3, 1.0), (1, 0.0)):
        slots = generator.integers(20, 80, 60)
        others = slots * generator.normal(size=60)
        own = others + slots * (gain + 0.1 * generator.normal(size=60))
        columns = {"passage": range(60), "slots": slots, "own": own, "others": others}
        frames.append(pd.DataFrame(columns).assign(model="m", layer=layer))

    table = lens_gains(pd.concat(frames), resamples=300).set_index("layer")

    assert table.index.tolist() == [1, 3, -1]
    rows = frames[0]
    assert table.loc[3, "gain"] == pytest.approx((rows["own"] - rows["others"]).sum() / rows["slots"].sum())
    assert table.loc[3, "own"] == pytest.approx(rows["own"].sum() / rows["slots"].sum())
    assert table.loc[1, "low"] < 0 < table.loc[1, "high"]
    assert table.loc[-1, "gain"] == pytest.approx((table.loc[1, "gain"] + table.loc[3, "gain"]) / 2)
    assert table.loc[-1, "low"] < table.loc[-1, "gain"] < table.loc[-1, "high"]
    assert (table["passages"] == 60).all()


def test_a_model_whose_final_norm_or_vocabulary_is_not_found_is_named(loaded, padded_batches):
    subject = loaded()
    del subject.model.model.norm
    with pytest.raises(ModelError, match="model 'olmoe' has no norm after its last layer among norm, final_layernorm"):
        expert_lens(subject, padded_batches)
    subject = loaded()
    subject.model.lm_head = torch.nn.Identity()
    with pytest.raises(ModelError, match="model 'olmoe' has no linear layer from its hidden states"):
        expert_lens(subject, padded_batches)


def test_an_output_that_is_not_finite_names_the_layer(loaded, padded_batches):
    subject = loaded()
    subject.model.model.layers[1].mlp.experts.down_proj[:] = float("nan")

    with pytest.raises(ValueError, match="layer 1 gives outputs that are not finite"):
        expert_lens(subject, padded_batches, [1])


def test_experts_that_write_at_another_width_are_named(loaded, padded_batches, monkeypatch):
    subject = loaded()
    narrow = [replace(layer, hidden_size=16) for layer in moe_layers(subject)]
    monkeypatch.setattr(lens, "layers_at", lambda loaded, layers: narrow)

    with pytest.raises(ModelError, match=r"experts of model.layers.0.mlp in model 'olmoe' write 16 numbers"):
        expert_lens(subject, padded_batches)
