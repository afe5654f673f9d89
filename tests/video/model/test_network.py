import itertools

import numpy as np
import pytest
import torch

from nbutils.video.model.config import scorer_config
from nbutils.video.model.layers import LocalMixing, sinusoids
from nbutils.video.model.network import ClipScorer

WIDTHS = {"visual": 6, "audio": 5, "text": 4}
CONFIG = scorer_config("small", **WIDTHS, input_hidden=16, hidden_size=16, intermediate_size=32, encoder_layers=2)
SUBSETS = [subset for subset in itertools.product([False, True], repeat=3) if any(subset)]


@pytest.fixture
def scorer():
    torch.manual_seed(0)
    return ClipScorer(CONFIG).eval()


def features(batch, seconds, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, seconds, width, generator=generator) for width in WIDTHS.values()]


def everything(batch, seconds):
    return torch.ones(batch, 3, dtype=torch.bool), torch.zeros(batch, seconds, dtype=torch.bool)


@torch.no_grad()
def scores(scorer, rows, present, padding):
    outputs = scorer(*rows, present, padding)
    return torch.cat((outputs.logits[..., None], outputs.offsets), dim=-1)


@pytest.mark.parametrize(("size", "expected"), [("small", 0.64e6), ("base", 14.3e6), ("paper", 82.61e6)])
def test_sizes_have_the_parameters_that_they_are_named_for(size, expected):
    with torch.device("meta"):
        assert ClipScorer(scorer_config(size)).parameter_count() == pytest.approx(expected, rel=0.01)


def test_the_paper_size_is_the_released_one_and_what_was_added():
    config = scorer_config("paper")
    with torch.device("meta"):
        scorer = ClipScorer(config)
    mixing = [module for name, module in scorer.named_modules() if name.endswith("mixing")]
    norms = [module for name, module in scorer.named_modules() if name.count(".") < 2 and name.endswith(".norm")]
    norms += [encoder.norm for encoder in scorer.encoders.values()]
    added = sum(p.numel() for module in (*mixing, *norms) for p in module.parameters())
    added += sum(encoder.absent.numel() for encoder in scorer.encoders.values())
    assert len(mixing) == 21
    assert len(norms) == 7
    assert round((scorer.parameter_count() - added) / 1e6, 2) == 82.61


def test_outputs_have_the_documented_shapes(scorer):
    outputs = scorer(*features(2, 7), *everything(2, 7))
    assert outputs.logits.shape == (2, 7)
    assert outputs.offsets.shape == (2, 7, 2)
    assert outputs.aligned.shape == (2, 3, 7, CONFIG.hidden_size)
    assert (outputs.offsets >= 0).all()


@pytest.mark.parametrize("subset", SUBSETS)
@pytest.mark.parametrize("fill", [0.0, 1e6, float("nan")])
def test_absent_modalities_contribute_nothing(scorer, subset, fill):
    rows, (present, padding) = features(2, 12), everything(2, 12)
    present[:] = torch.tensor(subset)
    expected = scores(scorer, rows, present, padding)
    filled = [row if there else torch.full_like(row, fill) for row, there in zip(rows, subset, strict=True)]
    assert expected.isfinite().all()
    assert torch.equal(scores(scorer, filled, present, padding), expected)


@pytest.mark.parametrize("subset", SUBSETS)
def test_every_present_modality_is_read(scorer, subset):
    rows, (present, padding) = features(1, 12), everything(1, 12)
    present[:] = torch.tensor(subset)
    expected = scores(scorer, rows, present, padding)
    for index in np.flatnonzero(subset):
        changed = [*rows]
        changed[index] = changed[index] + 1
        assert not torch.allclose(scores(scorer, changed, present, padding), expected)


@pytest.mark.parametrize("fill", [0.0, 1e6, float("nan")])
def test_padding_and_batch_mates_change_nothing(scorer, fill):
    alone, other = features(1, 9, seed=1), features(1, 20, seed=2)
    expected = scores(scorer, alone, *everything(1, 9))
    padded = [torch.cat((row, torch.full((1, 11, row.shape[2]), fill)), dim=1) for row in alone]
    present, padding = everything(2, 20)
    present[1, 0] = False
    padding[0, 9:] = True
    for first in (True, False):
        order = [0, 1] if first else [1, 0]
        rows = [torch.cat((a, b))[order] for a, b in zip(padded, other, strict=True)]
        together = scores(scorer, rows, present[order], padding[order])[order[0], :9]
        torch.testing.assert_close(together, expected[0], atol=1e-5, rtol=1e-5)


def test_the_order_of_seconds_matters_even_without_local_mixing():
    torch.manual_seed(0)
    scorer = ClipScorer(CONFIG.model_copy(update={"local_seconds": 1})).eval()
    rows, masks = features(1, 12), everything(1, 12)
    backwards = scores(scorer, [row.flip(1) for row in rows], *masks).flip(1)
    assert not torch.allclose(backwards, scores(scorer, rows, *masks), atol=1e-3)


def test_local_mixing_reaches_as_far_as_its_width():
    torch.manual_seed(0)
    mixing = LocalMixing(4, 9)
    x = torch.randn(1, 30, 4)
    changed = x.clone()
    changed[:, 15] = changed[:, 15].flip(-1)
    padding = torch.zeros(1, 30, dtype=torch.bool)
    moved = (mixing(changed, padding) - mixing(x, padding)).abs().amax((0, 2)) > 1e-7
    assert moved.nonzero().flatten().tolist() == list(range(11, 20))


def test_sinusoids_are_sines_and_cosines_of_the_second():
    table = sinusoids(torch.arange(1801), 6)
    for second in (0, 1, 1800):
        angles = second / 10_000 ** (np.arange(0, 6, 2) / 6)
        expected = np.stack((np.sin(angles), np.cos(angles)), axis=1).ravel()
        np.testing.assert_allclose(table[second], expected, atol=2e-4)


def test_all_weights_are_trained():
    scorer = ClipScorer(CONFIG)
    rows, (present, padding) = features(2, 8), everything(2, 8)
    present[0, 0] = present[1, 1] = False
    rows_with_text_absent = torch.tensor([[True, True, False]])
    total = 0.0
    for mask, inputs in ((present, rows), (rows_with_text_absent, [row[:1] for row in rows])):
        outputs = scorer(*inputs, mask, padding[: len(mask)])
        total = total + outputs.logits.sum() + outputs.offsets.sum() + outputs.aligned.square().sum()
    total.backward()
    unused = [name for name, parameter in scorer.named_parameters() if parameter.grad is None]
    assert unused == []
