"""What a fit has beside its breakpoints: the level, the effects of the covariates, and how much lies on each side."""

import numpy as np

EDGE_SHARE = 0.05


def level_and_effects(
    rest: np.ndarray, covariates: np.ndarray | None, weights: np.ndarray
) -> tuple[float, np.ndarray, float]:
    """Weighted least squares of what the temperature curve leaves.

    Args:
        rest: [n] values less the curve.
        covariates: [n, q], or None.
        weights: [n].

    Returns:
        Constant, coefficients of the covariates [q] and residual sum of squares.
    """
    constant = np.ones((len(rest), 1))
    design = constant if covariates is None else np.column_stack([constant, covariates])
    root = np.sqrt(weights)
    coefficients = np.linalg.lstsq(design * root[:, None], rest * root)[0]
    return float(coefficients[0]), coefficients[1:], float(weights @ (rest - design @ coefficients) ** 2)


def at_edge(off: np.ndarray, weights: np.ndarray, fewest: float) -> bool:
    """Whether too few days lie on one side of the breakpoint from which temperatures are `off` [n] degrees C."""
    below, above = weights[off <= 0].sum(), weights[off >= 0].sum()
    return bool(min(below, above) < max(EDGE_SHARE * weights.sum(), fewest + 1))
