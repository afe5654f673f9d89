"""Sound by CLAP, AST and other audio models of the Hugging Face hub."""

import numpy as np
from scipy.signal import resample_poly
from transformers import AutoFeatureExtractor

from nbutils.video.encoders.pretrained import load_pretrained, row_means, unusable
from nbutils.video.media.items import SAMPLE_RATE


class PretrainedSound:
    """A row for each second: the audio embedding of CLAP, or the mean hidden state of AST and other audio models.

    The model hears the ten seconds around each, as long as the sounds that CLAP and AST were trained on; neither takes
    more time for them than for one. Models that want another rate than 16 kHz get the sound resampled, with nothing
    above 8 kHz in it.
    """

    before = 4
    after = 5

    def __init__(self, name: str, *, device: str = "auto", dtype: str = "auto"):
        """Loads model `name`; see `load_pretrained` for the arguments.

        Raises:
            ModelError: the model cannot be loaded, or encodes no sound.
        """
        self._pretrained = load_pretrained(name, device=device, dtype=dtype)
        self.name = self._pretrained.name
        try:
            self._extractor = AutoFeatureExtractor.from_pretrained(self._pretrained.folder, local_files_only=True)
            self._rate = self._extractor.sampling_rate
            silence = np.zeros((1, self.before + 1 + self.after, SAMPLE_RATE), np.float32)
            self.width = self.encode(silence).shape[1]
        except Exception as error:
            raise unusable(name, "sound", "CLAP, AST or wav2vec 2", error) from error

    def encode(self, windows: np.ndarray) -> np.ndarray:
        """Rows float32 [n, width] of sound float32 [n, 10, 16000]."""
        sound = windows.reshape(len(windows), -1)
        if self._rate != SAMPLE_RATE:
            sound = resample_poly(sound, self._rate, SAMPLE_RATE, axis=1)
        inputs = self._extractor(list(sound), sampling_rate=self._rate, return_tensors="pt")
        return row_means(self._pretrained(dict(inputs), "get_audio_features"))
