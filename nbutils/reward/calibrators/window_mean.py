"""RC-Mean: the bias at a length is the mean score of responses of about that length."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.calibrator import Calibrator, curve_table


@dataclass(kw_only=True)
class WindowMean(Calibrator):
    """Mean of the scores within a window around a value of one characteristic (arXiv 2409.17407, "RC-Mean").

    The window reaches the mean difference within pairs, divided by `ratio`, to either side, ends included.

    Attributes:
        ratio: the paper takes 4 on RewardBench and 8 on AlpacaEval.
        fewest: responses that a window must hold; where one of a pair has fewer, both scores are left as they are.
    """

    ratio: float = 4.0
    fewest: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.ratio < np.inf:
            raise ValueError(f"ratio is {self.ratio}; it divides the mean difference within pairs and is above 0.")
        if self.fewest < 1:
            raise ValueError(f"fewest is {self.fewest}; a window must hold at least 1 response.")

    def transform(self, values: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Scores [n, 2] without the bias; both of a pair as they were where the window of one holds too few."""
        bias = self.bias(values)
        known = np.isfinite(bias).all(axis=-1, keepdims=True)
        return np.asarray(scores, dtype=float) - self.alpha * np.where(known, bias, 0)

    def curve(self) -> pd.DataFrame:
        """The bias at each distinct value, missing where the window holds fewer than `fewest` responses."""
        values = np.unique(self._sorted)
        return curve_table({0: (values, self._bias(values[:, None]))})

    def _estimate(self, values: np.ndarray, scores: np.ndarray) -> None:
        if values.shape[2] != 1:
            raise ValueError(
                f"WindowMean takes one characteristic, not {values.shape[2]}: windows over several at once hold too "
                "few responses. Lowess removes several."
            )
        lengths = values[..., 0]
        self._reach = np.abs(lengths[:, 0] - lengths[:, 1]).mean() / self.ratio
        order = np.argsort(lengths, axis=None, kind="stable")
        self._sorted = lengths.ravel()[order]
        self._sums = np.concatenate([[0], np.cumsum(scores.ravel()[order] - scores.mean())])
        self._level = 0.0
        bias = self._bias(values)
        known = np.isfinite(bias).all(axis=1)
        if known.any():  # scores keep their mean when these pairs alone are calibrated
            self._level = bias[known].mean()

    def _bias(self, values: np.ndarray) -> np.ndarray:
        first = np.searchsorted(self._sorted, values[..., 0] - self._reach, side="left")
        last = np.searchsorted(self._sorted, values[..., 0] + self._reach, side="right")
        number = last - first
        mean = (self._sums[last] - self._sums[first]) / np.maximum(number, 1)
        return np.where(number >= self.fewest, mean - self._level, np.nan)
