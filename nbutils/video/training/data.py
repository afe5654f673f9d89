"""Annotated windows with their features, read when they are needed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from nbutils.video.annotations.tables import Annotations
from nbutils.video.errors import VideoError
from nbutils.video.features.features import MODALITIES, Features
from nbutils.video.features.folder import array_file, read_features
from nbutils.video.model.config import ScorerConfig
from nbutils.video.model.inputs import Batch, batch_of, check_widths, rows_between
from nbutils.video.training.targets import second_targets

# Features may end this many seconds before the annotated window, as lengths in files and containers differ.
MISSING_SECONDS = 5


@dataclass(frozen=True)
class Window:
    """A stretch of a video that was annotated as a whole.

    Attributes:
        video_id: names the video and its features.
        start, end: of the window, in seconds of the video.
        clips: [n, 2], starts and ends in seconds from the window's start.
    """

    video_id: str
    start: float
    end: float
    clips: np.ndarray


class Example(NamedTuple):
    """A window's features of T seconds, whether each is in a clip [T] and the offsets to its ends [T, 2]."""

    features: Features
    inside: np.ndarray
    offsets: np.ndarray


class Targets(NamedTuple):
    """`inside` [B, T] bool and `offsets` [B, T, 2] seconds of a batch."""

    inside: Tensor
    offsets: Tensor


class WindowData(Dataset):
    """Examples of windows; features are read one window at a time, so that a data set of any size can be used.

    Args:
        windows: what to train on or to validate with.
        read: gives the features of a video by its id.
        config: of the network, whose columns the features must have.
    """

    def __init__(self, windows: Sequence[Window], read: Callable[[str], Features], config: ScorerConfig):
        if not windows:
            raise VideoError("there is no window to train on or to validate with: give annotations of at least one")
        self.windows = windows
        self.read = read
        self.config = config

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> Example:
        """The example of one window.

        Raises:
            VideoError: the features do not fit the network or end before the window does.
        """
        window = self.windows[index]
        features = self.read(window.video_id)
        check_widths(features, self.config)
        first, stop = math.floor(window.start), math.ceil(window.end)
        if features.seconds <= first or features.seconds < stop - MISSING_SECONDS:
            raise VideoError(
                f"features of {window.video_id!r} have {features.seconds} rows where its annotated window ends at "
                f"{window.end:g} s: compute them for the whole video"
            )
        rows = rows_between(features, first, stop)
        return Example(rows, *second_targets(window.clips + (window.start - first), rows.seconds))

    def video_ids(self) -> set[str]:
        """The videos of all windows."""
        return {window.video_id for window in self.windows}


def folder_data(folder: Path | str, annotations: Annotations, config: ScorerConfig) -> WindowData:
    """The annotated windows of videos whose features lie in a folder, as `write_features` and Repurpose-10K keep them.

    Raises:
        VideoError: no window, or a video without features in the folder.
    """
    windows = annotated_windows(annotations)
    files = {
        video: [array_file(Path(folder).expanduser(), name, video) for name in MODALITIES]
        for video in annotations.windows.video_id
    }
    missing = [video for video, arrays in files.items() if not any(array.exists() for array in arrays)]
    if missing:
        raise VideoError(
            f"{len(missing)} of {len(files)} annotated videos have no features in {str(folder)!r} (first "
            f"{missing[0]!r}): compute them, or leave their annotations out"
        )
    return WindowData(windows, partial(read_features, folder), config)


def folder_widths(folder: Path | str, annotations: Annotations) -> dict[str, int]:
    """Columns of the features of each modality in a folder: those of the first annotated video that has it.

    Modalities that no annotated video has are left out.

    Raises:
        VideoError: features that cannot be read.
    """
    folder, widths = Path(folder).expanduser(), {}
    for video in annotations.windows.video_id.unique():
        if any(name not in widths and array_file(folder, name, video).exists() for name in MODALITIES):
            features = read_features(folder, video)
            arrays = {name: getattr(features, name) for name in MODALITIES}
            widths = {name: array.shape[1] for name, array in arrays.items() if array is not None} | widths
    return widths


def annotated_windows(annotations: Annotations) -> list[Window]:
    """Each annotated window with its clips, none where the table has none of it."""
    clips = {name: group[["start", "end"]].to_numpy() for name, group in annotations.clips.groupby("window_id")}
    return [
        Window(row.video_id, row.window_start, row.window_end, clips.get(row.window_id, np.empty((0, 2))))
        for row in annotations.windows.itertuples()
    ]


def collate(examples: Sequence[Example], config: ScorerConfig) -> tuple[Batch, Targets]:
    """Examples as one batch with its targets."""
    batch = batch_of([example.features for example in examples], config)
    inside = torch.zeros(batch.padding.shape, dtype=torch.bool)
    offsets = torch.zeros(*batch.padding.shape, 2)
    for row, example in enumerate(examples):
        inside[row, : len(example.inside)] = torch.from_numpy(example.inside)
        offsets[row, : len(example.inside)] = torch.from_numpy(example.offsets)
    return batch, Targets(inside, offsets)
