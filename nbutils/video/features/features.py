"""The features of one video."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError

MODALITIES = ("visual", "audio", "text")


@dataclass(frozen=True, eq=False)
class Features:
    """One row per second: row t is of the time from t to t + 1 s.

    Attributes:
        video_id: name of the video.
        visual: float32 [T, width], T = ceil(duration); None where there are no pictures.
        audio: likewise; None where there is no sound.
        text: likewise; None where there are no captions; rows of seconds in which none is shown are zero.
        duration: seconds.
        captions: start, end (seconds) and text; None where there are none.
        encoders: by modality, the name of the encoder that made the rows; nothing for one that is not known.
        notes: a sentence for each thing that a user should know of this video.

    Raises:
        VideoError: arrays that do not fit one another or the duration, or hold other than finite numbers.
    """

    video_id: str
    visual: np.ndarray | None
    audio: np.ndarray | None
    text: np.ndarray | None
    duration: float
    captions: pd.DataFrame | None = None
    encoders: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        rows = {name: getattr(self, name) for name in MODALITIES if getattr(self, name) is not None}
        if not rows:
            raise VideoError(f"video {self.video_id!r} has no features: give those of one modality at least")
        for name, array in rows.items():
            if array.ndim != 2 or array.dtype != np.float32 or not np.isfinite(array).all():
                raise VideoError(
                    f"{name} features of {self.video_id!r} are {array.dtype} {list(array.shape)}, or not finite: give "
                    "finite float32 [seconds, width]"
                )
            if len(array) != self.seconds:
                raise VideoError(
                    f"{name} features of {self.video_id!r} have {len(array)} rows for {self.duration:g} s of video: "
                    f"give {self.seconds}, one a second"
                )

    @property
    def seconds(self) -> int:
        """Rows of every array."""
        return math.ceil(self.duration)

    @property
    def present(self) -> np.ndarray:
        """Which of visual, audio and text there are, bool [3]."""
        return np.array([getattr(self, name) is not None for name in MODALITIES])
