"""All findings of `reward_calibration`."""

from collections.abc import Mapping

import pandas as pd

from nbutils.reward.claims.accuracies import (
    gain_finding,
    harm_finding,
    optimism_finding,
    published_gain_finding,
    speed_finding,
)
from nbutils.reward.claims.bradley_terry import NAMES, calibration_error_finding
from nbutils.reward.claims.orders import order_finding, published_order_finding
from nbutils.reward.claims.simulations import association_finding, recovery_finding
from nbutils.reward.cross_fitting import CROSS_FITTED, UNCALIBRATED
from nbutils.reward.mean_gains import mean_gains
from nbutils.reward.measure import SIMULATION
from nbutils.reward.methods import LWR
from nbutils.reward.overall_gains import optimism, overall_gains


def reward_calibration(
    margins: Mapping[str, pd.DataFrame],
    warnings: pd.DataFrame,
    probabilities: pd.DataFrame,
    correlations: Mapping[str, pd.DataFrame],
    recovered: pd.DataFrame,
    associations: pd.DataFrame,
    resamples: int = 1000,
    seed: int = 0,
) -> list[dict[str, object]]:
    """Findings of the notebook: each given data set, then the simulation, then what the paper published.

    Args:
        margins: by name of the data, "Simulation" among them.
        warnings: rows of `confounding` with a column `data`.
        probabilities: of `probability_scores` of the given data.
        correlations: of `Ranking.correlations`, by name of the data; "Simulation" where they are simulated.
        recovered: of `recovered_bias`.
        associations: of `gains_by_association`.
        resamples: bootstrap samples.
        seed: of the bootstrap.
    """
    findings, published = [], pd.DataFrame(columns=["measure", "models"])
    given = next(data for data in margins if data != SIMULATION)
    for data, table in margins.items():
        kept = table[table["method"].isin([UNCALIBRATED, LWR])]
        told = warnings[warnings["data"] == data]
        overall = overall_gains(kept, resamples, seed)
        gain = overall[overall["fit"] == CROSS_FITTED].iloc[0]
        findings += [gain_finding(data, gain, told), harm_finding(data, gain, told)]
        findings.append(optimism_finding(data, optimism(kept, resamples, seed).iloc[0]))
        if data == given:
            findings += [calibration_error_finding(data, probabilities, scale) for scale in NAMES]
            if gain["models"] > 1:
                means = mean_gains(kept, resamples, seed)
                published = means[means["fit"] == CROSS_FITTED]
    findings += [recovery_finding(recovered, resamples, seed), association_finding(associations)]
    findings += [order_finding(data, table) for data, table in correlations.items()]
    [(ranked, order)] = correlations.items()
    findings += [
        published_gain_finding(given, published),
        published_order_finding(ranked, order if ranked != SIMULATION else pd.DataFrame()),
        speed_finding(),
    ]
    return [finding for finding in findings if finding is not None]
