"""RC-LWR: the bias is a LOWESS curve of score against length, or one curve for each of several characteristics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.additive import additive_fit
from nbutils.reward.calibrators.calibrator import Calibrator, curve_table
from nbutils.statistics.lowess import neighbours


@dataclass(kw_only=True)
class Lowess(Calibrator):
    """LOWESS of the scores on one characteristic, or on several at once (arXiv 2409.17407, "RC-LWR").

    Several are removed jointly, as a sum of curves that are fitted together. Between fitted values a curve is straight,
    beyond them constant: a pair that was not fitted may hold the longest response of all, and a line carried on would
    take from it whatever the last few scores happened to suggest.

    Attributes:
        frac: share of the responses that are neighbours of each. The paper takes .5, its script for RewardBench 1.
        iterations: rounds of down-weighting responses with large residuals.
        delta: distance within which the curve is interpolated instead of fitted, for all characteristics or for each;
            0 is exact. Whole numbers are fast as they are.
    """

    frac: float = 0.5
    iterations: int = 3
    delta: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.frac <= 1:
            raise ValueError(f"frac is {self.frac}; it is the share of responses in a neighbourhood, in (0, 1].")
        if self.iterations < 0:
            raise ValueError(f"iterations is {self.iterations}; it is a number of rounds, 0 or more.")

    def curve(self) -> pd.DataFrame:
        """The bias at each distinct value of each characteristic."""
        return curve_table(dict(enumerate(self._curves)))

    def _estimate(self, values: np.ndarray, scores: np.ndarray) -> None:
        columns = values.reshape(-1, values.shape[2]).T
        if np.ndim(self.delta) and len(self.delta) != len(columns):
            raise ValueError(f"delta has {len(self.delta)} entries for {len(columns)} characteristics.")
        deltas = np.broadcast_to(self.delta, len(columns))
        designs = [
            neighbours(column, frac=self.frac, delta=delta) for column, delta in zip(columns, deltas, strict=True)
        ]
        curves = additive_fit(designs, scores.ravel(), self.iterations)
        self._curves = [(design.values, curve) for design, curve in zip(designs, curves, strict=True)]

    def _bias(self, values: np.ndarray) -> np.ndarray:
        return sum(np.interp(values[..., i], *curve) for i, curve in enumerate(self._curves))
