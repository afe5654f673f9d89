"""The network that gives each second of a video a score and a clip around it."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nbutils.video.features.features import MODALITIES
from nbutils.video.model.config import ScorerConfig
from nbutils.video.model.layers import CrossLayer, EncoderLayer, TextLayer, sinusoids

# Row t covers [t, t + 1) seconds; its offsets are measured from the middle.
MIDDLE = 0.5


class ClipOutputs(NamedTuple):
    """What `ClipScorer` gives; rows of padding hold no meaning.

    Attributes:
        logits: [B, T], log odds that the middle of the second lies in a clip.
        offsets: [B, T, 2], seconds from the middle of the second back to the clip's start and on to its end, >= 0.
        aligned: [B, 3, T, d], visual, audio and text before they read each other, for the alignment loss.
    """

    logits: Tensor
    offsets: Tensor
    aligned: Tensor


class ModalityEncoder(nn.Module):
    """From the features of one modality to rows [B, T, d] that know their time and their surroundings.

    Features are standardised with the mean and scale [columns] of the training data, which are stored with the weights.
    Where the modality is absent its features are not looked at, and a learned row stands in their place.
    """

    def __init__(self, columns: int, config: ScorerConfig):
        super().__init__()
        width = config.hidden_size
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("scale", torch.ones(columns))
        self.enter = nn.Sequential(
            nn.Linear(columns, config.input_hidden), nn.GELU(), nn.Linear(config.input_hidden, width)
        )
        self.absent = nn.Parameter(torch.zeros(width))
        self.layers = nn.ModuleList(
            EncoderLayer(width, config.heads, config.intermediate_size, config.local_seconds)
            for _ in range(config.encoder_layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensor, present: Tensor, padding: Tensor, times: Tensor) -> Tensor:
        """Rows [B, T, d] from features [B, T, columns], present [B], padding [B, T] and encoded times [T, d]."""
        hidden = ~present[:, None, None]
        # Replaced and not multiplied by zero: what is masked may hold NaN.
        features = features.masked_fill(hidden | padding[..., None], 0)
        rows = torch.where(hidden, self.absent, self.enter((features - self.mean) / self.scale))
        x = rows + times
        for layer in self.layers:
            x = layer(x, padding)
        return self.norm(x)


class ClipScorer(nn.Module):
    """Cross-modal fusion of Repurpose-10K's baseline, with true times, local mixing and absent modalities.

    Each modality has an encoder; visual and audio read text; visual reads audio; audio reads the updated visual; both
    are joined and two heads follow (arXiv 2412.08879). Against the released code, a row's position is its time and not
    its place in the batch, and each layer mixes neighbouring seconds.
    """

    def __init__(self, config: ScorerConfig):
        super().__init__()
        self.config = config
        width = config.hidden_size
        sizes = (width, config.heads, config.intermediate_size, config.local_seconds)
        self.encoders = nn.ModuleDict(
            {name: ModalityEncoder(columns, config) for name, columns in zip(MODALITIES, config.widths(), strict=True)}
        )
        self.visual_text = Reader(width, [TextLayer(*sizes) for _ in range(config.text_layers)])
        self.audio_text = Reader(width, [TextLayer(*sizes) for _ in range(config.text_layers)])
        self.visual_audio = Reader(width, [CrossLayer(*sizes) for _ in range(config.cross_layers)])
        self.audio_visual = Reader(width, [CrossLayer(*sizes) for _ in range(config.cross_layers)])
        self.join = nn.Linear(2 * width, width)
        self.score = _head(width, 1)
        self.reach = _head(width, 2)

    def forward(self, visual: Tensor, audio: Tensor, text: Tensor, present: Tensor, padding: Tensor) -> ClipOutputs:
        """Scores each second.

        Args:
            visual: features [B, T, columns], one row a second.
            audio: likewise.
            text: likewise.
            present: [B, 3] bool, whether each window has visual, audio and text; at least one of them.
            padding: [B, T] bool, True for rows after a window's end; at least one row of each window is none.
        """
        times = sinusoids(torch.arange(visual.shape[1], device=visual.device), self.config.hidden_size)
        rows = [
            self.encoders[name](features, present[:, i], padding, times)
            for i, (name, features) in enumerate(zip(MODALITIES, (visual, audio, text), strict=True))
        ]
        aligned = torch.stack(rows, dim=1)
        visual, audio, text = rows
        _, has_audio, has_text = present.unbind(1)
        visual = self.visual_text(visual, text, has_text, padding)
        audio = self.audio_text(audio, text, has_text, padding)
        visual = self.visual_audio(visual, audio, has_audio | has_text, padding)
        audio = self.audio_visual(audio, visual, present.any(1), padding)
        joined = self.join(torch.cat((visual, audio), dim=-1))
        offsets = F.softplus(self.reach(joined)) * self.config.offset_seconds
        return ClipOutputs(self.score(joined).squeeze(-1), offsets, aligned)

    def parameter_count(self) -> int:
        """Numbers that training changes."""
        return sum(parameter.numel() for parameter in self.parameters())


class Reader(nn.Module):
    """Layers through which one modality reads another, and their last normalisation."""

    def __init__(self, width: int, layers: list[nn.Module]):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, source: Tensor, readable: Tensor, padding: Tensor) -> Tensor:
        """The sequence [B, T, d] after all layers."""
        for layer in self.layers:
            x = layer(x, source, readable, padding)
        return self.norm(x)


def _head(width: int, outputs: int) -> nn.Sequential:
    half = max(1, width // 2)
    return nn.Sequential(nn.Linear(width, half), nn.GELU(), nn.Linear(half, half), nn.GELU(), nn.Linear(half, outputs))
