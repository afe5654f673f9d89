"""No calibration, to set beside the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.calibrator import Calibrator, curve_table


@dataclass(kw_only=True)
class Uncalibrated(Calibrator):
    """Leaves scores as they are."""

    def curve(self) -> pd.DataFrame:
        """No bias at the least and the largest value of each characteristic."""
        return curve_table({i: (ends, np.zeros(2)) for i, ends in enumerate(self._ends)})

    def _estimate(self, values: np.ndarray, scores: np.ndarray) -> None:
        self._ends = np.stack([values.min((0, 1)), values.max((0, 1))], axis=1)

    def _bias(self, values: np.ndarray) -> np.ndarray:
        return np.zeros(values.shape[:-1])
