"""What the choice in one layer tells of the choice in the next."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbutils.moe.routing.intervals import jackknife
from nbutils.moe.routing.load import entropy_bits
from nbutils.moe.routing.record import Routing

COLUMNS = [
    "model",
    "layer",
    "next_layer",
    "bits",
    "low",
    "high",
    "shuffled",
    "excess",
    "excess_low",
    "excess_high",
    "miller_madow",
    "smallest_entropy",
    "share",
    "tokens",
    "passages",
]


def consecutive_layers(routings: Mapping[str, Routing]) -> pd.DataFrame:
    """Mutual information of the top-1 experts of consecutive measured layers.

    Noise alone makes mutual information positive. The correction of Miller and Madow takes tokens as independent, which
    those of a passage are not; the jackknife over folds of passages corrects for that too, and is used here.

    Returns:
        One row per model and pair of layers: `model`, `layer`, `next_layer` (both -1: mean over pairs), `bits` with
        `low` and `high` (95 %), `shuffled` (the next layer's choice taken from a token of another passage; missing when
        there was one batch or one passage), `excess` over it with `excess_low` and `excess_high`, `miller_madow` (bits
        with that correction), `smallest_entropy` of the two layers' top-1 loads (bits), `share` (`bits` of it; missing
        where it is 0), `tokens`, `passages` (folds of them). No row for a single layer.
    """
    frames = [_rows(name, routing) for name, routing in routings.items() if len(routing.layers) > 1]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def plain_information(counts: np.ndarray) -> np.ndarray:
    """Mutual information [...] in bits of rows and columns of tables [..., E, E]; NaN for empty tables."""
    total = counts.sum((-1, -2), keepdims=True)
    with np.errstate(invalid="ignore"):
        shares = counts / total
    joint = entropy_bits(shares.reshape(*shares.shape[:-2], -1))
    return entropy_bits(shares.sum(-1)) + entropy_bits(shares.sum(-2)) - joint


def miller_madow_information(counts: np.ndarray) -> np.ndarray:
    """The same less its bias to first order in the number of independent tokens (Miller 1955); may be negative."""
    rows, columns = (counts.sum(-1) > 0).sum(-1), (counts.sum(-2) > 0).sum(-1)
    cells, total = (counts > 0).sum((-1, -2)), counts.sum((-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return plain_information(counts) - (cells - rows - columns + 1) / (2 * np.log(2) * total)


def _rows(name: str, routing: Routing) -> pd.DataFrame:
    tables = np.stack([routing.consecutive, routing.consecutive_shuffled], axis=1).astype(float)
    value, low, high = jackknife(tables, _real_shuffled_excess)
    totals = routing.consecutive.sum(0)
    smallest = _with_mean(
        np.minimum(*(entropy_bits(totals.sum(axis) / totals.sum((-1, -2))[:, None]) for axis in (1, 2)))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(smallest > 0, value[0] / smallest, np.nan)
    columns = [
        name,
        [*routing.layers[:-1], -1],
        [*routing.layers[1:], -1],
        value[0],
        np.clip(low[0], 0, None),
        np.clip(high[0], 0, None),
        value[1],
        value[2],
        low[2],
        high[2],
        _with_mean(miller_madow_information(totals)),
        smallest,
        share,
        int(routing.tokens.sum()),
        len(routing.pairs),
    ]
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _real_shuffled_excess(tables: np.ndarray) -> np.ndarray:
    """Information [3, pairs + 1] in tables [2, pairs, E, E]: real, shuffled, and their difference."""
    real, shuffled = plain_information(tables)
    return _with_mean(np.stack([real, shuffled, real - shuffled]))


def _with_mean(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, values.mean(-1, keepdims=True)], axis=-1)
