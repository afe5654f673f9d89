"""Features of several videos as one batch for the network."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from nbutils.video.errors import VideoError
from nbutils.video.features.features import MODALITIES, Features
from nbutils.video.model.config import ScorerConfig


class Batch(NamedTuple):
    """The arguments of `ClipScorer.forward`."""

    visual: Tensor
    audio: Tensor
    text: Tensor
    present: Tensor
    padding: Tensor

    def to(self, device: torch.device | str) -> "Batch":
        """The batch on another device."""
        return Batch(*(tensor.to(device) for tensor in self))


def rows_between(features: Features, first: int, stop: int) -> Features:
    """Seconds `first` to `stop` of a video that has more than `first`, without captions."""
    rows = {name: None if array is None else array[first:stop] for name, array in _arrays(features).items()}
    return replace(features, **rows, duration=min(stop, features.duration) - first, captions=None)


def check_widths(features: Features, config: ScorerConfig) -> None:
    """Refuses features that the network of this configuration cannot take, or would take for what they are not.

    Raises:
        VideoError: no row, other columns than the network's, or another encoder than that of its training.
    """
    for name, columns in zip(MODALITIES, config.widths(), strict=True):
        array = getattr(features, name)
        if array is None:
            continue
        made_by, trained_on = features.encoders.get(name), config.encoders.get(name)
        if made_by and trained_on and made_by != trained_on:
            raise VideoError(
                f"{name} features of {features.video_id!r} were made by {made_by!r} where the scorer was trained on "
                f"{trained_on!r}: compute them with that encoder, or train a scorer on yours "
                "(python -m nbutils.video.training)"
            )
        if array.shape[1] != columns:
            raise VideoError(
                f"{name} features of {features.video_id!r} have {array.shape[1]} columns where the scorer takes "
                f"{columns}: compute them with the encoder that it was trained on, or train a scorer on yours "
                "(python -m nbutils.video.training)"
            )
    if features.seconds == 0:
        raise VideoError(f"features of {features.video_id!r} have no rows: give those of a video that is not empty")


def batch_of(videos: Sequence[Features], config: ScorerConfig) -> Batch:
    """Videos side by side, shorter ones padded with zeros at their end.

    Raises:
        VideoError: what `check_widths` raises.
    """
    for video in videos:
        check_widths(video, config)
    lengths = torch.tensor([video.seconds for video in videos])
    longest = int(lengths.max())
    tensors = {
        name: torch.zeros(len(videos), longest, columns)
        for name, columns in zip(MODALITIES, config.widths(), strict=True)
    }
    for row, video in enumerate(videos):
        for name, array in _arrays(video).items():
            if array is not None:
                tensors[name][row, : video.seconds] = torch.tensor(array)
    present = torch.stack([torch.from_numpy(video.present) for video in videos])
    return Batch(**tensors, present=present, padding=torch.arange(longest) >= lengths[:, None])


def _arrays(features: Features) -> dict:
    return {name: getattr(features, name) for name in MODALITIES}
