"""Residual layers of the clip scorer; each is preceded by its normalisation.

Everywhere `padding` [B, T] is True for rows that only fill a batch up; what they hold reaches no other row.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def sinusoids(seconds: Tensor, width: int) -> Tensor:
    """Sines and cosines [T, width] of times [T] in seconds, with periods from 2 pi to 10 000 x 2 pi seconds.

    Vaswani et al. 2017, section 3.5. The row of a second depends on that second alone, never on the place in a batch.
    """
    rates = torch.exp(torch.arange(0, width, 2, device=seconds.device) * (-math.log(10_000) / width))
    angles = seconds[:, None] * rates
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


class Attention(nn.Module):
    """Each row of `x` [B, T, d] reads the rows of `source` [B, S, d] that are no padding."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, source: Tensor, padding: Tensor) -> Tensor:
        """What is added to `x`."""
        query = self._split(self.query(self.norm(x)))
        key, value = map(self._split, self.key_value(source).chunk(2, dim=-1))
        # Memory grows with T, not with its square: no weights [T, S] are kept.
        read = F.scaled_dot_product_attention(query, key, value, attn_mask=~padding[:, None, None, :])
        return self.out(read.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SelfAttention(Attention):
    """Each row reads the rows of its own sequence."""

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """What is added to `x`."""
        return super().forward(x, self.norm(x), padding)


class LocalMixing(nn.Module):
    """Depthwise convolution over the seconds around each second."""

    def __init__(self, width: int, seconds: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.convolution = nn.Conv1d(width, width, seconds, padding=seconds // 2, groups=width)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """What is added to `x`."""
        rows = self.norm(x).masked_fill(padding[..., None], 0)
        return self.convolution(rows.mT).mT


def feed_forward(width: int, hidden: int) -> nn.Sequential:
    """Normalisation and a two-layer network for each row."""
    return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


class EncoderLayer(nn.Module):
    """Local mixing, self-attention and a feed-forward network within one modality."""

    def __init__(self, width: int, heads: int, hidden: int, seconds: int):
        super().__init__()
        self.attention = SelfAttention(width, heads)
        self.mixing = LocalMixing(width, seconds)
        self.feed_forward = feed_forward(width, hidden)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """The sequence [B, T, d] after the layer."""
        x = x + self.mixing(x, padding)
        x = x + self.attention(x, padding)
        return x + self.feed_forward(x)


class CrossLayer(nn.Module):
    """Local mixing of two modalities, then reading the other one where `readable` [B] says that it holds anything.

    Attention alone has to learn from scratch that a second of one modality belongs to the same second of the other.
    """

    def __init__(self, width: int, heads: int, hidden: int, seconds: int):
        super().__init__()
        self.mixing = LocalMixing(width, seconds)
        self.cross = Attention(width, heads)
        self.feed_forward = feed_forward(width, hidden)

    def forward(self, x: Tensor, source: Tensor, readable: Tensor, padding: Tensor) -> Tensor:
        """The sequence [B, T, d] after the layer."""
        readable = readable[:, None, None]
        x = x + self.mixing(x + readable * source, padding)
        x = x + readable * self.cross(x, source, padding)
        return x + self.feed_forward(x)


class TextLayer(CrossLayer):
    """Self-attention, then reading text, as in a transformer's decoder without its causal mask."""

    def __init__(self, width: int, heads: int, hidden: int, seconds: int):
        super().__init__(width, heads, hidden, seconds)
        self.attention = SelfAttention(width, heads)

    def forward(self, x: Tensor, source: Tensor, readable: Tensor, padding: Tensor) -> Tensor:
        """The sequence [B, T, d] after the layer."""
        return super().forward(x + self.attention(x, padding), source, readable, padding)
