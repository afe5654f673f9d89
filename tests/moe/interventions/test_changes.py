import numpy as np
import pandas as pd
import pytest

from nbutils.moe.interventions.changes import beside, changes_of


def made_losses(effects, passages=60, noise=0.1, seed=0, model="m", by_passage=0.0):
    """Rows of `beside` of one model: `effects` are nats per token by key, with noise of passage and of each row."""
    generator = np.random.default_rng(seed)
    tokens = generator.integers(50, 300, passages)
    untouched = tokens * generator.gamma(9, 1 / 3, passages)
    shared = by_passage * generator.normal(size=passages)
    frames = []
    for keys, effect in effects:
        touched = untouched + tokens * (effect + shared + noise * generator.normal(size=passages))
        losses = [pd.DataFrame({"passage": range(passages), "tokens": tokens, "loss": x}) for x in (untouched, touched)]
        frames.append(beside(*losses, model=model, **keys))
    return pd.concat(frames, ignore_index=True)


EFFECTS = [({"layer": layer, "kind": kind}, 0.1 * layer + (kind == "b")) for layer in (4, 1) for kind in "ab"]


def test_changes_are_totals_over_tokens_in_the_order_of_the_rows():
    losses = made_losses(EFFECTS)

    changes = changes_of(losses.sample(frac=1, random_state=0).sort_values("passage"), ["layer", "kind"], 200, 0)

    for (layer, kind), value in zip(changes.interventions.to_numpy(), changes.change, strict=True):
        rows = losses[(losses["layer"] == layer) & (losses["kind"] == kind)]
        assert value == pytest.approx((rows["loss"] - rows["untouched"]).sum() / rows["tokens"].sum())
    assert changes.passages == 60
    assert changes.tokens == rows["tokens"].sum()
    assert changes.untouched == pytest.approx(rows["untouched"].sum() / rows["tokens"].sum())
    assert changes_of(losses, ["layer", "kind"], 10, 0).interventions["layer"].tolist() == [4, 4, 1, 1]


def test_means_and_differences_are_taken_in_every_sample():
    changes = changes_of(made_losses(EFFECTS), ["layer", "kind"], 200, 0)

    mean = changes.mean_by(["kind"])
    difference = changes.where(kind="b").minus(changes.where(kind="a"))

    assert mean.interventions["kind"].tolist() == ["a", "b"]
    np.testing.assert_allclose(mean.change, (changes.change[:2] + changes.change[2:]) / 2)
    np.testing.assert_allclose(mean.samples, (changes.samples[:, :2] + changes.samples[:, 2:]) / 2)
    assert difference.interventions["layer"].tolist() == [4, 1]
    np.testing.assert_allclose(difference.change, changes.change[[1, 3]] - changes.change[[0, 2]])


def test_what_passages_share_is_not_in_the_interval_of_a_difference():
    changes = changes_of(made_losses(EFFECTS, noise=0.01, by_passage=2.0), ["layer", "kind"], 500, 0)

    apart = changes.table()
    paired = changes.where(kind="b").minus(changes.where(kind="a")).table()

    assert (apart["high"] - apart["low"]).min() > 20 * (paired["high"] - paired["low"]).max()
    assert ((paired["low"] < 1.0) & (paired["high"] > 1.0)).all()


def test_one_passage_has_no_interval():
    with pytest.raises(ValueError, match="too few for an interval"):
        changes_of(made_losses(EFFECTS, passages=1), ["layer", "kind"], 100, 0)
