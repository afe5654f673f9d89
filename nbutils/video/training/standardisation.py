"""What a network keeps of the features that it was trained on: their mean and scale, and their encoders."""

import numpy as np
import torch

from nbutils.video.features.features import MODALITIES
from nbutils.video.model.inputs import check_widths
from nbutils.video.model.network import ClipScorer
from nbutils.video.training.data import WindowData

# Windows that the moments are taken from: enough for means, and a large data set is not read twice.
SAMPLED_WINDOWS = 200


def fit_inputs(model: ClipScorer, training: WindowData, seed: int) -> None:
    """Sets the mean and the scale of each column of the features, and the encoders in the model's configuration.

    Columns that never vary keep a scale of 1.

    Raises:
        VideoError: features that do not fit the network, or two windows whose features were made by other encoders.
    """
    chosen = np.random.default_rng(seed).permutation(len(training))[:SAMPLED_WINDOWS]
    moments = {name: _Moments() for name in MODALITIES}
    for index in chosen:
        features = training[int(index)].features
        check_widths(features, model.config)
        present = [name for name in MODALITIES if getattr(features, name) is not None]
        model.config = model.config.with_encoders({name: features.encoders.get(name, "") for name in present})
        for name in MODALITIES:
            rows = getattr(features, name)
            if rows is not None:
                moments[name].add(rows.astype(np.float64))
    for name, moment in moments.items():
        if moment.count:
            deviation = np.sqrt(moment.squares / moment.count)
            scale = np.where(deviation > 1e-6, deviation, 1.0)
            encoder = model.encoders[name]
            encoder.mean.copy_(torch.from_numpy(moment.mean))
            encoder.scale.copy_(torch.from_numpy(scale))


class _Moments:
    """Mean and summed squared deviation of columns, over rows that come in parts (Chan et al. 1983)."""

    def __init__(self):
        self.count = 0
        self.mean = 0.0
        self.squares = 0.0

    def add(self, rows: np.ndarray) -> None:
        mean = rows.mean(axis=0)
        total = self.count + len(rows)
        shift = mean - self.mean
        self.squares = self.squares + ((rows - mean) ** 2).sum(axis=0) + shift**2 * self.count * len(rows) / total
        self.mean = self.mean + shift * len(rows) / total
        self.count = total
