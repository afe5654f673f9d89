"""The baseline that takes the same from every character."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.calibrator import Calibrator, curve_table


@dataclass(kw_only=True)
class LengthPenalty(Calibrator):
    """Takes `rate` off the score for each character, whatever the scores are.

    Attributes:
        rate: score per character.
        column: place of the number of characters among the characteristics.
    """

    rate: float = 0.001
    column: int = 0

    def curve(self) -> pd.DataFrame:
        """The penalty's straight line from the least to the largest number of characters."""
        return curve_table({self.column: (self._ends, self.rate * (self._ends - self._mean))})

    def _estimate(self, values: np.ndarray, scores: np.ndarray) -> None:
        if not 0 <= self.column < values.shape[2]:
            raise ValueError(f"column is {self.column}; there are {values.shape[2]} characteristics, counted from 0.")
        lengths = values[..., self.column]
        self._ends = np.array([lengths.min(), lengths.max()])
        self._mean = lengths.mean()

    def _bias(self, values: np.ndarray) -> np.ndarray:
        return self.rate * (values[..., self.column] - self._mean)
