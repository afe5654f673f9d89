"""A smooth curve for each of several characteristics, all fitted together."""

import warnings

import numpy as np
from scipy.sparse.linalg import LinearOperator, gmres

from nbutils.statistics.lowess import Design, robust_fit, robustness_weights, weighted_fit

SETTLED = 1e-7  # change of all curves by another sweep, as a share of the curves fitted one by one
MOST_SWEEPS = 100


def additive_fit(designs: list[Design], y: np.ndarray, iterations: int) -> list[np.ndarray]:
    """LOWESS of y on several characteristics as a sum of curves (Buja, Hastie and Tibshirani 1989).

    The curves are those that backfitting settles at, where each is the local lines of what the others leave. With one
    characteristic that is LOWESS; with several their order does not matter.

    Args:
        designs: neighbours of the points in each of c characteristics.
        y: [n] finite.
        iterations: rounds of down-weighting points with large residuals.

    Returns:
        c curves, each [distinct values of the characteristic] and 0 on average over the points.
    """
    if len(designs) == 1:
        return [_centred(designs[0], robust_fit(designs[0], y, iterations))]
    y = y - np.median(y)
    curves = [np.zeros(design.values.size) for design in designs]
    weights = np.ones(y.size)
    for _ in range(iterations + 1):
        curves = _settled(designs, curves, y, weights)
        total = _sum(designs, curves)
        weights = robustness_weights(y, total + np.average(y - total, weights=weights))
    return curves


def _settled(designs: list[Design], start: list[np.ndarray], y: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
    """The curves that a sweep leaves as they are.

    A sweep is linear in curves and y, so that its fixed point solves linear equations. GMRES needs a dozen sweeps where
    plain repetition takes hundreds: characteristics that go together, such as characters and words, pass their bias to
    and fro.
    """
    # In units in which the length of the vector is the root of the sum over points.
    scale = np.sqrt(np.concatenate([design.counts for design in designs]))
    ends = np.cumsum([design.values.size for design in designs])[:-1]

    def sweep(vector: np.ndarray, y: np.ndarray) -> np.ndarray:
        return scale * np.concatenate(_sweep(designs, np.split(vector / scale, ends), y, weights))

    nothing = np.zeros(y.size)
    equations = LinearOperator((scale.size, scale.size), matvec=lambda vector: vector - sweep(vector, nothing))
    alone = sweep(np.zeros(scale.size), y)
    vector, unsettled = gmres(
        equations, alone, scale * np.concatenate(start), rtol=SETTLED, restart=MOST_SWEEPS, maxiter=1
    )
    if unsettled:
        warnings.warn(
            f"the curves of {len(designs)} characteristics did not settle in {MOST_SWEEPS} sweeps: some of them say "
            "almost the same, leave one out.",
            stacklevel=2,
        )
    return np.split(vector / scale, ends)


def _sweep(designs: list[Design], curves: list[np.ndarray], y: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
    """Each curve in turn fitted to what the others leave of y."""
    swept = []
    rest = y - _sum(designs, curves)
    for design, curve in zip(designs, curves, strict=True):
        rest = rest + curve[design.value_of_point]
        fitted = _centred(design, weighted_fit(design, rest, weights))
        rest = rest - fitted[design.value_of_point]
        swept.append(fitted)
    return swept


def _sum(designs: list[Design], curves: list[np.ndarray]) -> np.ndarray:
    """Sum of the curves at each point [n]."""
    return sum(curve[design.value_of_point] for design, curve in zip(designs, curves, strict=True))


def _centred(design: Design, curve: np.ndarray) -> np.ndarray:
    """The curve less its mean over points, which is left to the level of y."""
    return curve - np.average(curve, weights=design.counts)
