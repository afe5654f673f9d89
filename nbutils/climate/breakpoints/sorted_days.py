"""Days sorted by temperature, with covariates made orthonormal once, so that every weighted fit starts from them."""

from typing import NamedTuple

import numpy as np

DEPENDENT = 1e-7
FEWEST_FREE = 6  # one more day than a dead band has coefficients beside its covariates


class SortedDays(NamedTuple):
    """What all fits of series on the same days share.

    Attributes:
        order: [n] positions of the days from cold to warm.
        temperature: [n] sorted, less `centre`.
        covariates: [n, p] sorted; orthonormal columns that span a constant and the covariates.
        columns: [n, p + 1] the same and temperature, orthonormal to them.
        centre: mean temperature, degrees C.
        scale: degrees C; temperature is the last of `columns` times this, plus a combination of the others.
    """

    order: np.ndarray
    temperature: np.ndarray
    covariates: np.ndarray
    columns: np.ndarray
    centre: float
    scale: float


def sort_days(temperature: np.ndarray, covariates: np.ndarray | None = None) -> SortedDays:
    """Sorts days by temperature and makes their covariates orthonormal.

    Args:
        temperature: [n] degrees C.
        covariates: [n, q] other columns of the fit, without a constant. Those that are combinations of others are
            passed over (the effects of all years, when the first has no day left).

    Raises:
        ValueError: a number is missing, lengths differ, or temperature is constant or a combination of the covariates.
    """
    temperature = np.asarray(temperature, dtype=float)
    n = len(temperature)
    covariates = np.empty((n, 0)) if covariates is None else np.asarray(covariates, dtype=float)
    if temperature.ndim != 1 or covariates.ndim != 2 or len(covariates) != n:
        raise ValueError(
            f"temperature {temperature.shape} and covariates {covariates.shape} have to be of shapes [n] and [n, q]."
        )
    for name, values in (("temperature", temperature), ("covariates", covariates)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} of row {np.argwhere(~np.isfinite(values))[0][0]} is no number: drop such days.")
    if n < covariates.shape[1] + FEWEST_FREE:
        raise ValueError(f"{n} days are too few to fit two slopes and {covariates.shape[1]} covariates.")
    if np.ptp(temperature) <= 1e-9 * max(1.0, np.abs(temperature).max()):
        raise ValueError(f"temperature is {temperature[0]:g} degrees C on all days: there is no slope to fit.")

    order = np.argsort(temperature, kind="stable")
    centre = temperature.mean()
    centred = (temperature - centre)[order]
    columns = np.column_stack([np.ones(n), (covariates - covariates.mean(0))[order], centred])
    basis, triangle = np.linalg.qr(columns)
    independent = np.abs(np.diag(triangle)) > DEPENDENT * np.linalg.norm(triangle, axis=0)
    if not independent[-1]:
        raise ValueError("temperature is a combination of the covariates: its slope cannot be told from their effects.")
    if not independent.all():
        basis, triangle = np.linalg.qr(columns[:, independent])
    return SortedDays(
        order,
        centred,
        np.ascontiguousarray(basis[:, :-1]),
        np.ascontiguousarray(basis),
        float(centre),
        float(triangle[-1, -1]),
    )


def checked_values(days: SortedDays, value: np.ndarray) -> np.ndarray:
    """Values as float64 [n]; a ValueError where their number is another or one is missing."""
    value = np.asarray(value, dtype=float)
    if value.shape != days.order.shape:
        raise ValueError(f"there are {len(days.order)} temperatures, but values of shape {value.shape}.")
    if not np.isfinite(value).all():
        raise ValueError(f"the value of row {np.argmin(np.isfinite(value))} is no number: drop such days.")
    return value


def checked_weights(days: SortedDays, weights: np.ndarray | None) -> np.ndarray:
    """Weights as float64 [n], ones by default; a ValueError where one is negative or missing."""
    if weights is None:
        return np.ones(len(days.order))
    weights = np.asarray(weights, dtype=float)
    if weights.shape != days.order.shape:
        raise ValueError(f"there are {len(days.order)} temperatures, but weights of shape {weights.shape}.")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        row = np.argmin(np.isfinite(weights) & (weights >= 0))
        raise ValueError(f"the weight of row {row} is {weights[row]}: give numbers that are not negative.")
    return weights
