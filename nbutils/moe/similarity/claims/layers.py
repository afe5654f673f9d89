"""Findings from one value a layer: on its mean, on two models' difference, on its course with depth."""

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, ttest_ind

from nbutils.moe.similarity.depth import FEWEST_LAYERS_FOR_OUTLIER, last_layer_outlier
from nbutils.statistics import mean_interval

FEWEST_LAYERS = 4
SIGNIFICANT = 0.05
INDEPENDENT = "layers taken as independent"


def mean_finding(
    model: str,
    claim: str,
    values: pd.Series,
    *,
    quantity: str,
    unit: str,
    paper: str | None,
    bar: float = 0.0,
    reason: str = "",
) -> dict[str, object]:
    """The claim that a quantity is positive, from its value in each layer; the null is 0.

    It holds when the 95 % t interval of the mean over layers lies above `bar`.

    Args:
        model: its name.
        claim: what is claimed of it.
        values: one a layer; missing ones are passed over.
        quantity: what each is.
        unit: of it.
        paper: its figure.
        bar: smallest mean that counts, for quantities whose every trace above 0 would be significant.
        reason: what else to say, why `bar` for one.
    """
    values = values.dropna()
    finding = _untested(model, claim, len(values), FEWEST_LAYERS) | {
        "quantity": f"{quantity}, mean over layers",
        "unit": unit,
        "paper": paper,
        "null": 0.0,
    }
    if len(values) < FEWEST_LAYERS:
        return finding
    low, high = mean_interval(values.to_numpy())
    return finding | {
        "measured": float(values.mean()),
        "interval": (low, high),
        "verdict": "holds" if low > bar else "fails",
        "reason": "; ".join(filter(None, [_lies(low, bar), reason, INDEPENDENT])),
    }


def difference_finding(
    first: str,
    second: str,
    claim: str,
    values: tuple[pd.Series, pd.Series],
    *,
    quantity: str,
    unit: str,
    paper: str | None,
    bar: float = 0.0,
    reason: str = "",
) -> dict[str, object]:
    """The claim that a quantity is larger in the second model, from its values in each layer of both; the null is 0.

    It holds when Welch's 95 % interval of the difference lies above `bar`. Other arguments as those of `mean_finding`.
    """
    one, two = (part.dropna() for part in values)
    layers = min(len(one), len(two))
    finding = _untested(second, claim, layers, FEWEST_LAYERS) | {
        "quantity": f"{second} minus {first}: {quantity}, mean over layers",
        "unit": unit,
        "paper": paper,
        "null": 0.0,
    }
    if layers < FEWEST_LAYERS:
        return finding
    low, high = ttest_ind(two, one, equal_var=False).confidence_interval(0.95)
    return finding | {
        "measured": float(two.mean() - one.mean()),
        "interval": (float(low), float(high)),
        "verdict": "holds" if low > bar else "fails",
        "reason": "; ".join(filter(None, [_lies(low, bar), reason, INDEPENDENT])),
    }


def falls_with_depth_finding(model: str, values: pd.Series, of: str, paper: str | None = "yes") -> dict[str, object]:
    """The claim that a similarity falls from layer to layer: Kendall's tau of layer and value, exact one-sided test.

    Args:
        model: its name.
        values: one a layer, indexed by decoder layer.
        of: what is similar, "the experts' weight matrices".
        paper: its figure.
    """
    finding = _untested(model, f"the similarity of {of} falls with depth", len(values), FEWEST_LAYERS) | {
        "quantity": f"Kendall's tau of layer and similarity of {of}",
        "unit": "correlation",
        "paper": paper,
        "null": 0.0,
    }
    if len(values) < FEWEST_LAYERS:
        return finding
    test = kendalltau(values.index, values, alternative="less")
    if not np.isfinite(test.statistic):
        return finding | {"reason": "the similarity is the same in all layers"}
    ends = values.sort_index().iloc[[0, -1]]
    return finding | {
        "measured": float(test.statistic),
        "verdict": "holds" if test.pvalue < SIGNIFICANT else "fails",
        "reason": f"p = {test.pvalue:.2g} if layers were independent; {ends.iloc[0]:.3g} in layer {ends.index[0]}, "
        f"{ends.iloc[1]:.3g} in layer {ends.index[1]}",
    }


def last_layer_finding(model: str, values: pd.Series, of: str, paper: str | None = "yes") -> dict[str, object]:
    """The claim that the last layer departs from the line through the others, as `last_layer_outlier` tests.

    Arguments as those of `falls_with_depth_finding`.
    """
    outlier = last_layer_outlier(values)
    claim = f"the last layer stands out in the similarity of {of}"
    finding = _untested(model, claim, len(values), FEWEST_LAYERS_FOR_OUTLIER) | {
        "quantity": "distance of the last layer from the line through the others, studentised",
        "unit": "standard errors",
        "paper": paper,
        "null": 0.0,
    }
    if len(values) < FEWEST_LAYERS_FOR_OUTLIER:
        return finding
    if not np.isfinite(outlier["studentised"]):
        return finding | {"reason": "the layers before the last lie exactly on a line"}
    return finding | {
        "measured": outlier["studentised"],
        "verdict": "holds" if outlier["p_value"] < SIGNIFICANT else "fails",
        "reason": f"p = {outlier['p_value']:.2g} (two-sided, normal scatter); {outlier['value']:.3g} where the line "
        f"gives {outlier['predicted']:.3g}; {INDEPENDENT}",
    }


def _untested(model: str, claim: str, layers: int, needed: int) -> dict[str, object]:
    return {
        "claim": f"{model}: {claim}",
        "measured": None,
        "interval": None,
        "verdict": "not testable here",
        "reason": f"{layers} layers are too few; {needed} are needed",
        "n": layers,
    }


def _lies(low: float, bar: float) -> str:
    return f"the interval {'lies' if low > bar else 'does not lie'} above {bar:g}"
