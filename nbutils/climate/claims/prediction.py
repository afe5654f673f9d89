"""Claims about daily emissions that are told from monthly totals: out of year, against rivals, and in a back-cast."""

import pandas as pd

from nbutils.statistics import mean_interval
from nbutils.statistics.finding import record
from nbutils.statistics.verdicts import above

FEWEST_YEARS = 4
BOOSTING, REGRESSION = "gradient boosting", "hinge regression"
OUT_OF_YEAR, RANDOM = "years left out", "random days"


def leak_finding(by_year: pd.DataFrame, simulated: bool) -> dict[str, object]:
    """That random days flatter the model: their R2 lies above that of years left out.

    Judged by Student's interval of the mean difference over series and years.

    Args:
        by_year: of `skill_by_year`; may be empty.
        simulated: whether the series are.
    """
    claim = {
        "claim": f"{_of(simulated)}a score on random days is higher than one on years left out",
        "quantity": "R² of gradient boosting, random days less years left out, mean over series and years",
    }
    return _difference(by_year, (BOOSTING, RANDOM), (BOOSTING, OUT_OF_YEAR), claim)


def boosting_finding(by_year: pd.DataFrame, simulated: bool) -> dict[str, object]:
    """That the paper's kind of model is better than a plain regression in years that it has not seen.

    Args:
        by_year: of `skill_by_year`; may be empty.
        simulated: whether the series are.
    """
    claim = {
        "claim": f"{_of(simulated)}gradient boosting predicts years left out better than a hinge regression does",
        "quantity": "R² on years left out, gradient boosting less hinge regression, mean over series and years",
    }
    return _difference(by_year, (BOOSTING, OUT_OF_YEAR), (REGRESSION, OUT_OF_YEAR), claim)


def back_cast_finding(by_year: pd.DataFrame, simulated: bool) -> dict[str, object]:
    """That the back-cast of earlier years is better than equal days; Student's interval over series and years.

    Args:
        by_year: of `back_cast_skill`; may be empty.
        simulated: whether the series are.
    """
    claim = {
        "claim": f"{_of(simulated)}days of earlier years are told from their monthly totals",
        "quantity": "R² of the ratio of a day to its month, mean over series and years",
        "null": 0.0,
    }
    if by_year.empty:
        return record(**claim, verdict="not testable here", reason="no series has four whole years")
    rows = by_year[by_year["model"] == "back-cast"]
    reason = f"the intervals of single days cover {rows['covered'].mean():.0%} of them"
    return _over_years(rows["r2"], claim, reason) | {"n": len(rows)}


def _difference(
    by_year: pd.DataFrame, one: tuple[str, str], other: tuple[str, str], claim: dict[str, object]
) -> dict[str, object]:
    claim = claim | {"null": 0.0}
    if by_year.empty:
        return record(**claim, verdict="not testable here", reason="no series has two whole years")
    keys = ["country", "sector", "year"]
    scores = by_year.set_index([*keys, "model", "split"])["r2"].unstack(["model", "split"])
    return _over_years(
        scores[one] - scores[other], claim, f"R² {scores[one].mean():.2f} and {scores[other].mean():.2f}"
    )


def _over_years(values: pd.Series, claim: dict[str, object], told: str) -> dict[str, object]:
    values = values.dropna()
    claim = claim | {"n": len(values), "measured": values.mean()}
    if len(values) < FEWEST_YEARS:
        return record(**claim, verdict="not testable here", reason=f"{len(values)} years are too few; {told}")
    interval = mean_interval(values.to_numpy())
    verdict, reason = above(interval, 0.0)
    return record(**claim, interval=interval, verdict=verdict, reason=f"{reason}; {told}")


def _of(simulated: bool) -> str:
    return "Simulation: " if simulated else "Given series: "
