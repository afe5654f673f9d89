"""LWR-Penalty: a length penalty first, and LOWESS of what it leaves."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.length_penalty import LengthPenalty
from nbutils.reward.calibrators.lowess import Lowess


@dataclass(kw_only=True)
class PenaltyThenLowess(Lowess):
    """`LengthPenalty` at full strength, then `Lowess` of the penalised scores at strength `alpha`.

    Local lines take up a straight penalty whole. With alpha 1 the two steps therefore subtract what `Lowess` alone
    does, except from responses longer or shorter than all that were fitted; where published figures of the two differ
    by more, the two were not given the same lengths.

    Attributes:
        rate: score per character.
        column: place of the number of characters among the characteristics.
    """

    rate: float = 0.001
    column: int = 0

    def transform(self, values: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Scores [n, 2] without the penalty and without alpha times the curve."""
        penalty = self._penalty.bias(values)
        return np.asarray(scores, dtype=float) - penalty - self.alpha * (self.bias(values) - penalty)

    def curve(self) -> pd.DataFrame:
        """Penalty and curve together at each distinct value of each characteristic."""
        curve = super().curve()
        lengths = curve["characteristic"] == self.column
        line = self._penalty.curve()
        curve.loc[lengths, "bias"] += np.interp(curve.loc[lengths, "value"], line["value"], line["bias"])
        return curve

    def _estimate(self, values: np.ndarray, scores: np.ndarray) -> None:
        self._penalty = LengthPenalty(rate=self.rate, column=self.column).fit(values, scores)
        super()._estimate(values, self._penalty.transform(values, scores))

    def _bias(self, values: np.ndarray) -> np.ndarray:
        return self._penalty.bias(values) + super()._bias(values)
