"""The losses of Repurpose-10K's baseline, each as one number a window so that neither batch nor padding matters.

The paper sums over seconds and divides by the windows in the batch, so that its size grows with their length; here a
window's sums are divided by its seconds, which keeps the balance between the losses.
"""

from itertools import combinations
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from nbutils.video.model.network import ClipOutputs

FOCAL_ALPHA = 0.7
FOCAL_GAMMA = 2.0


class Losses(NamedTuple):
    """Losses [B] of each window."""

    focal: Tensor
    diou: Tensor
    alignment: Tensor


def window_losses(outputs: ClipOutputs, inside: Tensor, offsets: Tensor, present: Tensor, padding: Tensor) -> Losses:
    """Losses of each window, the first two in sum over its seconds, all divided by its number of seconds.

    Args:
        outputs: of the network.
        inside: [B, T] bool, whether a second lies in a clip.
        offsets: [B, T, 2], seconds to the clip's start and end; anything where `inside` is False.
        present: [B, 3] bool, the modalities of each window.
        padding: [B, T] bool.
    """
    real = ~padding
    seconds = real.sum(1)
    focal = focal_loss(outputs.logits, inside).where(real, 0).sum(1) / seconds
    positive = inside & real
    # Rows outside of clips take the place of a clip of one second, so that no gradient of them is undefined.
    overlap = diou_loss(outputs.offsets.where(positive[..., None], 0.5), offsets.where(positive[..., None], 0.5))
    diou = overlap.where(positive, 0).sum(1) / seconds
    return Losses(focal, diou, alignment_loss(outputs.aligned, present, padding))


def focal_loss(logits: Tensor, inside: Tensor, alpha: float = FOCAL_ALPHA, gamma: float = FOCAL_GAMMA) -> Tensor:
    """Focal loss of each element (Lin et al. 2017, equation 5), `alpha` for positives and 1 - `alpha` for negatives."""
    signed = torch.where(inside, logits, -logits)
    weight = torch.where(inside, alpha, 1 - alpha)
    return -weight * torch.sigmoid(-signed) ** gamma * F.logsigmoid(signed)


def diou_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Distance-IoU loss [...] of clips given as offsets [..., 2] >= 0 around one common second (Zheng et al. 2020).

    One minus the intersection over union, plus the squared distance of the centres over the squared length of the
    shortest clip that holds both; 0 for equal clips, below 2 for all.
    """
    shared = torch.minimum(predicted, true).sum(-1)
    # Both hold the common second, so that the shortest clip around both is their union.
    union = torch.maximum(predicted, true).sum(-1).clamp(min=1e-6)
    shift = (predicted[..., 1] - predicted[..., 0] - true[..., 1] + true[..., 0]) / 2
    return 1 - shared / union + (shift / union) ** 2


def alignment_loss(aligned: Tensor, present: Tensor, padding: Tensor) -> Tensor:
    """How differently the modalities describe the same seconds: a Kullback-Leibler divergence [B] in nats.

    The paper names such a loss and its released code has none, so this is a reading of it: the softmax over the columns
    of a modality's row is its distribution for that second; for every pair of present modalities the divergences both
    ways are averaged, then over the pairs and the seconds. Windows with one modality have 0.

    Args:
        aligned: [B, 3, T, d] rows of each modality.
        present: [B, 3] bool.
        padding: [B, T] bool.
    """
    log_p = aligned.log_softmax(-1)
    real = ~padding
    total, pairs = torch.zeros_like(aligned[:, 0, 0, 0]), torch.zeros_like(aligned[:, 0, 0, 0])
    for one, other in combinations(range(aligned.shape[1]), 2):
        both = present[:, one] & present[:, other]
        difference = log_p[:, one] - log_p[:, other]
        # KL(p || q) + KL(q || p) is the sum over columns of (p - q)(log p - log q).
        symmetric = ((log_p[:, one].exp() - log_p[:, other].exp()) * difference).sum(-1) / 2
        total = total + both * symmetric.where(real, 0).sum(1) / real.sum(1)
        pairs = pairs + both
    return total / pairs.clamp(min=1)
