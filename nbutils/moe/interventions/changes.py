"""Change in loss by an intervention, passage by passage beside the untouched model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.statistics import percentile_interval, resampled_sums


def beside(untouched: pd.DataFrame, touched: pd.DataFrame, **keys: object) -> pd.DataFrame:
    """Losses with and without an intervention, one row per passage.

    Args:
        untouched: `passage_losses` of the model as it is.
        touched: the same of the same passages, with the intervention.
        keys: columns that say which model and intervention it was.

    Returns:
        The keys, `passage`, `tokens` (predicted), `loss` and `untouched` (sums over tokens, in nats).
    """
    table = pd.DataFrame(keys, index=touched.index)
    return table.assign(
        passage=touched["passage"], tokens=touched["tokens"], loss=touched["loss"], untouched=untouched["loss"]
    )


@dataclass(frozen=True)
class Changes:
    """Changes in loss of one model by C interventions, in nats per token, and their bootstrap samples.

    Attributes:
        interventions: [C] rows of keys.
        change: [C] loss minus loss of the untouched model.
        samples: [resamples, C] the same for passages drawn with replacement, the same draws for all interventions.
        untouched: loss of the untouched model.
        passages: clusters of the bootstrap.
        tokens: predicted.
    """

    interventions: pd.DataFrame
    change: np.ndarray
    samples: np.ndarray
    untouched: float
    passages: int
    tokens: int

    def where(self, **keys: object) -> "Changes":
        """The interventions with these keys."""
        kept = np.logical_and.reduce([self.interventions[key] == value for key, value in keys.items()])
        return self.at(np.flatnonzero(kept))

    def at(self, numbers: Sequence[int] | np.ndarray) -> "Changes":
        """The interventions with these numbers, in this order."""
        return self._made(self.interventions.iloc[numbers], self.change[numbers], self.samples[:, numbers])

    def mean_by(self, keys: Sequence[str]) -> "Changes":
        """Means over the interventions that agree in these keys."""
        number = self.interventions.groupby(list(keys), sort=False).ngroup().to_numpy()
        weights = (number[:, None] == np.arange(number.max() + 1)).astype(float)
        weights /= weights.sum(0)
        means = self.interventions[list(keys)].drop_duplicates()
        return self._made(means, self.change @ weights, self.samples @ weights)

    def minus(self, other: "Changes") -> "Changes":
        """Differences to as many other interventions, one by one; the keys are those of the first."""
        return self._made(self.interventions, self.change - other.change, self.samples - other.samples)

    def table(self) -> pd.DataFrame:
        """The keys, `change` with the ends `low` and `high` of its 95 % interval, `passages` and `tokens`."""
        low, high = percentile_interval(self.samples)
        return self.interventions.assign(
            change=self.change, low=low, high=high, passages=self.passages, tokens=self.tokens
        )

    def _made(self, interventions: pd.DataFrame, change: np.ndarray, samples: np.ndarray) -> "Changes":
        interventions = interventions.reset_index(drop=True)
        return Changes(interventions, change, samples, self.untouched, self.passages, self.tokens)


def changes_of(losses: pd.DataFrame, keys: Sequence[str], resamples: int, seed: int) -> Changes:
    """Changes from rows of `beside` of one model.

    Args:
        losses: every intervention on the same passages.
        keys: columns that tell the interventions apart.
        resamples: bootstrap samples over passages.
        seed: of the draw.

    Raises:
        ValueError: there is a single passage.
    """
    interventions = losses[list(keys)].drop_duplicates(ignore_index=True)
    number = losses.groupby(list(keys), sort=False).ngroup()
    ordered = losses.assign(number=number).sort_values(["passage", "number"])
    sums = ordered[["loss", "untouched", "tokens"]].to_numpy(float).reshape(-1, len(interventions), 3)
    totals = sums.sum(0)
    return Changes(
        interventions,
        change=_change(totals),
        samples=_change(resampled_sums(sums, resamples, seed)),
        untouched=float(totals[0, 1] / totals[0, 2]),
        passages=len(sums),
        tokens=int(totals[0, 2]),
    )


def by_model(losses: pd.DataFrame, keys: Sequence[str], resamples: int, seed: int) -> Iterator[tuple[str, Changes]]:
    """Each model's name and changes."""
    for model, rows in losses.groupby("model", sort=False):
        yield model, changes_of(rows, keys, resamples, seed)


def _change(sums: np.ndarray) -> np.ndarray:
    return (sums[..., 0] - sums[..., 1]) / sums[..., 2]
