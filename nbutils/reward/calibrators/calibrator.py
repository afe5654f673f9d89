"""The one interface of all calibrators: fit on scored pairs, tell the bias at any value, subtract it from scores."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

FEWEST_PAIRS = 20


@dataclass(kw_only=True)
class Calibrator(ABC):
    """Estimates what a characteristic of a response, such as its length, adds to its score (arXiv 2409.17407).

    Which response of a pair was chosen is never asked: the two may stand in either order.

    Attributes:
        alpha: how much of the bias is subtracted, 1 for all of it.
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.alpha < np.inf:
            raise ValueError(f"alpha is {self.alpha}; it is the share of the bias that is subtracted, 0 or more.")

    def fit(self, values: np.ndarray, scores: np.ndarray) -> Self:
        """Estimates the bias.

        Args:
            values: [n, 2, c] c characteristics of the two responses of n pairs.
            scores: [n, 2] of the reward model.

        Returns:
            Itself, fitted.

        Raises:
            ValueError: shapes do not fit, a value or score is not finite, or there are fewer than 20 pairs.
        """
        values, scores = np.asarray(values, dtype=float), np.asarray(scores, dtype=float)
        if values.ndim != 3 or values.shape[:2] != scores.shape or scores.shape[1] != 2 or not values.shape[2]:
            raise ValueError(
                f"values {values.shape} and scores {scores.shape} do not fit: give [pairs, 2, characteristics] and "
                "[pairs, 2]."
            )
        if len(scores) < FEWEST_PAIRS:
            raise ValueError(f"{len(scores)} pairs are too few to estimate a bias; give at least {FEWEST_PAIRS}.")
        for name, array in (("score", scores), ("characteristic", values)):
            wrong = np.argwhere(~np.isfinite(array))
            if len(wrong):
                raise ValueError(f"a {name} of pair {wrong[0][0]} is {array[tuple(wrong[0])]}; give finite ones.")
        self.number_of_characteristics = values.shape[2]
        self._estimate(values, scores)
        return self

    def transform(self, values: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Scores without the bias.

        Args:
            values: [n, 2, c] characteristics, of the fitted pairs or others.
            scores: [n, 2].

        Returns:
            [n, 2] scores - alpha * bias; over the fitted pairs the mean stays what it was.
        """
        return np.asarray(scores, dtype=float) - self.alpha * self.bias(values)

    def bias(self, values: np.ndarray) -> np.ndarray:
        """Estimated bias [...] at values [..., c], 0 on average over the fitted responses; missing where it is unknown.

        Raises:
            ValueError: not fitted yet, or to another number of characteristics.
        """
        values = np.asarray(values, dtype=float)
        fitted = getattr(self, "number_of_characteristics", None)
        if fitted is None:
            raise ValueError(f"this {type(self).__name__} is not fitted: call fit first.")
        if values.ndim < 1 or values.shape[-1] != fitted:
            raise ValueError(f"values {values.shape} have another last dimension than the {fitted} characteristics.")
        return self._bias(values)

    @abstractmethod
    def curve(self) -> pd.DataFrame:
        """The bias of each characteristic where it was fitted.

        Returns:
            `characteristic` (its place among the columns), `value` (its unit, sorted) and `bias` (score units); what
            lies between two rows is interpolated.
        """

    @abstractmethod
    def _estimate(self, values: np.ndarray, scores: np.ndarray) -> None:
        """Fits to checked values [n, 2, c] and scores [n, 2]."""

    @abstractmethod
    def _bias(self, values: np.ndarray) -> np.ndarray:
        """Bias [...] at checked values [..., c]."""


def curve_table(curves: dict[int, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """The table of `Calibrator.curve` from values and biases of each characteristic."""
    parts = [
        pd.DataFrame({"characteristic": characteristic, "value": values, "bias": bias})
        for characteristic, (values, bias) in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)
