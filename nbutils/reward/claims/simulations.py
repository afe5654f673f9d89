"""Claims that need a known truth and are therefore made of simulations."""

import pandas as pd

from nbutils.reward.associations import BIASED, CALIBRATED, EXACT, UNBIASED
from nbutils.statistics import above_null, percentile_interval, resampled_sums
from nbutils.statistics.finding import record

FEWEST_SAMPLES = 4
MOST_OF_IT = 0.5


def recovery_finding(recovered: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> dict[str, object]:
    """The claim that most of the planted bias is gone: the share of its mean square that the calibration takes away.

    Holds when the interval over models lies above one half.

    Args:
        recovered: of `recovered_bias`, of which models without a bias are left out.
        resamples: bootstrap samples over models.
        seed: of the bootstrap.
    """
    rows = recovered.loc[recovered["planted"] > 0, ["planted", "left"]].to_numpy()
    claim = {
        "claim": "Simulation: RC-LWR takes away most of the planted length bias",
        "quantity": "share of the mean square of the bias in the margins, all biased models together",
        "unit": "share",
        "null": MOST_OF_IT,
        "n": len(rows),
    }
    if len(rows) < 2:
        return record(**claim, verdict="not testable here", reason="fewer than two models with a bias")
    planted, left = rows.sum(0)
    sums = resampled_sums(rows, resamples, seed)
    low, high = percentile_interval(1 - sums[:, 1] / sums[:, 0])
    verdict, reason = above_null(low, MOST_OF_IT, len(rows), "models with a bias")
    return record(**claim, measured=1 - left / planted, interval=(low, high), verdict=verdict, reason=reason)


def association_finding(associations: pd.DataFrame) -> dict[str, object]:
    """The claim that calibration hurts where chosen responses are the shorter ones, though the bias is real.

    Holds when the interval of the gain of biased models at the lowest association lies below 0.

    Args:
        associations: of `gains_by_association`.
    """
    rows = associations[associations["association"] == associations["association"].min()]
    row, exact, unbiased = (
        rows[(rows["models"] == models) & (rows["subtracted"] == subtracted)].iloc[0]
        for models, subtracted in ((BIASED, CALIBRATED), (BIASED, EXACT), (UNBIASED, CALIBRATED))
    )
    told = (
        f"{exact['gain']:+.1f} if the planted bias itself were subtracted, {unbiased['gain']:+.1f} for models without "
        f"a bias; the warning fires in {row['warned']:.0%} of simulations"
    )
    verdict, reason = ("holds", "below") if row["high"] < 0 else ("fails", "not below")
    reason = f"the interval is {reason} 0; {told}"
    if row["samples"] < FEWEST_SAMPLES:
        verdict = "not testable here"
        reason = f"{row['samples']} simulations are too few; {FEWEST_SAMPLES} are needed"
    return record(
        claim=f"Simulation: where the chosen response is the shorter one in {1 - row['share']:.0%} of pairs, "
        "calibration lowers the accuracy of biased models",
        quantity="gain of RC-LWR, cross-fitted, mean over models",
        unit="percentage points",
        measured=row["gain"],
        interval=(row["low"], row["high"]),
        null=0.0,
        verdict=verdict,
        reason=reason,
        n=row["samples"],
    )
