"""A score and a clip for each second of a video of any length."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.special import expit

from nbutils.video.errors import VideoError
from nbutils.video.features.features import Features
from nbutils.video.model.inputs import batch_of, check_widths, rows_between
from nbutils.video.model.network import MIDDLE, ClipScorer

# The longest windows of Repurpose-10K: the times that the network has learnt.
WINDOW = 1800
OVERLAP = 300


class Part(NamedTuple):
    """Rows `first` to `stop` - 1 are scored together; of their scores, `kept_first` to `kept_stop` - 1 are kept."""

    first: int
    stop: int
    kept_first: int
    kept_stop: int


def score_video(
    model: ClipScorer,
    features: Features,
    window: int = WINDOW,
    overlap: int = OVERLAP,
) -> pd.DataFrame:
    """The candidate clip of each second, in the order of time.

    A video longer than `window` is scored in windows of equal distance; a second is scored where it lies farthest from
    a window's ends, so that it has `overlap` / 2 s of context on both sides, and memory does not grow with the video.

    Args:
        model: in evaluation mode.
        features: of the whole video.
        window: most seconds that are scored together.
        overlap: seconds that neighbouring windows share at least.

    Returns:
        Columns video_id, start and end (seconds, within the video), score (0-1: how much the middle of the
        second lies in a clip) and second (the row that the clip was predicted from).

    Raises:
        VideoError: features that do not fit the network, or an overlap that leaves no step between windows.
    """
    check_widths(features, model.config)
    seconds = features.seconds
    logits, offsets = np.empty(seconds), np.empty((seconds, 2))
    for part in window_parts(seconds, window, overlap):
        part_logits, part_offsets = _outputs(model, rows_between(features, part.first, part.stop))
        kept = slice(part.kept_first, part.kept_stop)
        inner = slice(part.kept_first - part.first, part.kept_stop - part.first)
        logits[kept], offsets[kept] = part_logits[inner], part_offsets[inner]
    middles = np.arange(seconds) + MIDDLE
    return pd.DataFrame(
        {
            "video_id": features.video_id,
            "start": np.clip(middles - offsets[:, 0], 0, features.duration),
            "end": np.clip(middles + offsets[:, 1], 0, features.duration),
            "score": expit(logits),
            "second": np.arange(seconds),
        }
    )


def window_parts(seconds: int, window: int = WINDOW, overlap: int = OVERLAP) -> list[Part]:
    """Windows over a video of `seconds` rows; the kept rows of all are each row once.

    Raises:
        VideoError: `overlap` is not below `window`, or one of them is out of range.
    """
    if not 0 <= overlap < window:
        raise VideoError(f"windows of {window} s cannot overlap by {overlap} s: choose 0 <= overlap < window")
    if seconds <= window:
        return [Part(0, seconds, 0, seconds)]
    count = math.ceil((seconds - overlap) / (window - overlap))
    firsts = np.linspace(0, seconds - window, count).round().astype(int)
    # Neighbours hand over in the middle of what they share.
    borders = [0, *((firsts[1:] + firsts[:-1] + window) // 2), seconds]
    return [
        Part(int(first), int(first) + window, int(kept_first), int(kept_stop))
        for first, kept_first, kept_stop in zip(firsts, borders[:-1], borders[1:], strict=True)
    ]


@torch.inference_mode()
def _outputs(model: ClipScorer, features: Features) -> tuple[np.ndarray, np.ndarray]:
    """Logits [T] and offsets [T, 2] of one window, float64."""
    outputs = model(*batch_of([features], model.config).to(model.join.weight.device))
    return outputs.logits[0].double().cpu().numpy(), outputs.offsets[0].double().cpu().numpy()
