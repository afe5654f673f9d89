"""All findings of `co2_thresholds`."""

import pandas as pd

from nbutils.climate.claims.extreme_days import extreme_finding
from nbutils.climate.claims.prediction import back_cast_finding, boosting_finding, leak_finding
from nbutils.climate.claims.simulations import existence_finding, recovery_finding
from nbutils.climate.claims.turns import (
    breakpoint_finding,
    difference_finding,
    minimum_finding,
    published_turn_finding,
)
from nbutils.climate.claims.variation import range_finding
from nbutils.climate.measure import BackCast, Extremes, main_series
from nbutils.climate.published import PUBLISHED_RANGE, PUBLISHED_TC, published

MOST_COUNTRIES = 12


def co2_thresholds(
    thresholds: pd.DataFrame,
    planted: pd.DataFrame,
    recovered: pd.DataFrame,
    scores: pd.DataFrame,
    back_cast: BackCast,
    ranges: pd.DataFrame,
    extremes: Extremes,
) -> list[dict[str, object]]:
    """Findings of the notebook: breakpoint and minimum of each country, what all of them say, and the paper's figures.

    Args:
        thresholds: of `thresholds`, of the given or simulated series and of the real example.
        planted: of the simulated countries; empty for given series.
        recovered: of `recovery`.
        scores: of `out_of_year_scores`.
        back_cast: of `back_cast_by_month`.
        ranges: of `ranges`.
        extremes: of `extremes`.
    """
    simulated = not planted.empty
    truth = {(row["country"], row["sector"]): row for _, row in planted.iterrows()}
    main = main_series(thresholds)
    findings = []
    for (country, sector), rows in list(main.groupby(["country", "sector"], sort=False))[:MOST_COUNTRIES]:
        name = f"{country}" if sector == "total" else f"{country}, {sector}"
        name = name[0].upper() + name[1:]
        found = rows.set_index("definition", drop=False)
        kink = found.loc["breakpoint"]
        findings.append(breakpoint_finding(name, kink, truth.get((country, sector))))
        findings.append(minimum_finding(name, found.loc["lowess_minimum"], kink["p_exists"]))
    findings.append(difference_finding(thresholds))
    if simulated:
        findings += [recovery_finding(recovered), existence_finding(thresholds, planted)]
    findings += [
        leak_finding(scores, simulated),
        boosting_finding(scores, simulated),
        back_cast_finding(back_cast.skill, simulated),
        extreme_finding("hot", extremes.trends, simulated),
        extreme_finding("cold", extremes.trends, simulated),
    ]
    given = {published(PUBLISHED_TC, country) for country in main["country"].unique()}
    findings += [published_turn_finding(country) for country, figure in PUBLISHED_TC.items() if figure not in given]
    return findings + [range_finding(country, ranges) for country in PUBLISHED_RANGE]
