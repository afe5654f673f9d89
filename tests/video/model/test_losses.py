import math

import numpy as np
import pytest
import torch

from nbutils.video.model.losses import alignment_loss, diou_loss, focal_loss, window_losses
from nbutils.video.model.network import ClipOutputs

T, D = 9, 5


def random_windows(batch, seed=0):
    generator = torch.Generator().manual_seed(seed)
    outputs = ClipOutputs(
        torch.randn(batch, T, generator=generator),
        torch.rand(batch, T, 2, generator=generator) * 30,
        torch.randn(batch, 3, T, D, generator=generator),
    )
    inside = torch.rand(batch, T, generator=generator) < 0.5
    offsets = torch.rand(batch, T, 2, generator=generator) * 30
    present = torch.tensor([[True, True, True], [True, False, True], [False, True, False]])[:batch]
    return outputs, inside, offsets, present, torch.zeros(batch, T, dtype=torch.bool)


def plain_focal(logit, positive):
    p = 1 / (1 + math.exp(-logit))
    return -0.7 * (1 - p) ** 2 * math.log(p) if positive else -0.3 * p**2 * math.log(1 - p)


def plain_diou(predicted, true, second=100.0):
    a, b = second - predicted[0], second + predicted[1]
    c, d = second - true[0], second + true[1]
    shared = max(0.0, min(b, d) - max(a, c))
    union = (b - a) + (d - c) - shared
    hull = max(b, d) - min(a, c)
    return 1 - shared / union + ((a + b) / 2 - (c + d) / 2) ** 2 / hull**2


def plain_alignment(aligned, present, seconds):
    def kl(p, q):
        return float((p * np.log(p / q)).sum())

    p = np.exp(aligned) / np.exp(aligned).sum(-1, keepdims=True)
    pairs = [(i, j) for i in range(3) for j in range(i) if present[i] and present[j]]
    values = [(kl(p[i, t], p[j, t]) + kl(p[j, t], p[i, t])) / 2 for i, j in pairs for t in range(seconds)]
    return np.mean(values) if values else 0.0


def test_losses_are_those_of_plain_loops_over_seconds():
    outputs, inside, offsets, present, padding = random_windows(3)
    padding[1, 6:] = True
    losses = window_losses(outputs, inside, offsets, present, padding)
    for window, seconds in enumerate((T, 6, T)):
        positive = [t for t in range(seconds) if inside[window, t]]
        focal = sum(plain_focal(float(outputs.logits[window, t]), bool(inside[window, t])) for t in range(seconds))
        diou = sum(plain_diou(outputs.offsets[window, t].tolist(), offsets[window, t].tolist()) for t in positive)
        alignment = plain_alignment(outputs.aligned[window].double().numpy(), present[window], seconds)
        assert float(losses.focal[window]) == pytest.approx(focal / seconds, rel=1e-4)
        assert float(losses.diou[window]) == pytest.approx(diou / seconds, rel=1e-4)
        assert float(losses.alignment[window]) == pytest.approx(alignment, rel=1e-4, abs=1e-7)


def test_neither_batch_nor_padding_changes_a_loss():
    arguments = random_windows(3)
    together = window_losses(*arguments)
    for window in range(3):
        outputs, *rest = arguments
        alone = ClipOutputs(*(part[window : window + 1] for part in outputs)), *(p[window : window + 1] for p in rest)
        for one, all_ in zip(window_losses(*alone), together, strict=True):
            torch.testing.assert_close(one[0], all_[window])
    outputs, inside, offsets, present, padding = arguments

    def longer(tensor, dim, value):
        shape = list(tensor.shape)
        shape[dim] = 4
        return torch.cat((tensor, torch.full(shape, value, dtype=tensor.dtype)), dim=dim)

    padded = window_losses(
        ClipOutputs(longer(outputs.logits, 1, 50), longer(outputs.offsets, 1, 1), longer(outputs.aligned, 2, 3)),
        longer(inside, 1, True),
        longer(offsets, 1, 7),
        present,
        longer(padding, 1, True),
    )
    torch.testing.assert_close(padded, together)


def test_gradients_are_finite_at_the_edges():
    logits = torch.tensor([[-80.0, 80.0, 0.0]], requires_grad=True)
    offsets = torch.zeros(1, 3, 2, requires_grad=True)
    aligned = torch.randn(1, 3, 3, D, requires_grad=True)
    inside, padding = torch.tensor([[True, False, True]]), torch.tensor([[False, False, True]])
    losses = window_losses(
        ClipOutputs(logits, offsets, aligned), inside, torch.zeros(1, 3, 2), torch.ones(1, 3, dtype=torch.bool), padding
    )
    sum(losses).sum().backward()
    assert all(part.grad.isfinite().all() for part in (logits, offsets, aligned))
    assert logits.grad[0, 2] == 0


def test_known_values():
    assert float(diou_loss(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 4.0]))) == 0
    assert float(diou_loss(torch.tensor([0.0, 10.0]), torch.tensor([10.0, 0.0]))) == pytest.approx(1.25)
    assert float(focal_loss(torch.tensor(0.0), torch.tensor(True))) == pytest.approx(0.7 / 4 * math.log(2))
    assert float(focal_loss(torch.tensor(0.0), torch.tensor(False))) == pytest.approx(0.3 / 4 * math.log(2))


def test_modalities_that_say_the_same_are_aligned():
    same = torch.randn(2, 1, T, D).expand(2, 3, T, D)
    present, padding = torch.ones(2, 3, dtype=torch.bool), torch.zeros(2, T, dtype=torch.bool)
    assert alignment_loss(same, present, padding).abs().max() < 1e-6
    assert (alignment_loss(torch.randn(2, 3, T, D), present, padding) > 0.1).all()
