"""The calibrations that are compared, by the paper's names (arXiv 2409.17407)."""

from collections.abc import Sequence

from nbutils.reward.calibrators import Calibrator, LengthPenalty, Lowess, PenaltyThenLowess, WindowMean

LWR, MEAN, LWR_PENALTY, PENALTY = "RC-LWR", "RC-Mean", "LWR-Penalty", "length penalty"


def pair_methods(characteristics: Sequence[str] = ("chars",), frac: float = 0.5, alpha: float = 1.0) -> dict:
    """Calibrators for pairs of a benchmark.

    RC-Mean removes one characteristic and is left out where there are several; the penalties are on characters, and
    left out where these are not among the characteristics.

    Args:
        characteristics: what the calibrators will see, in this order.
        frac: share of the responses that are neighbours in a curve.
        alpha: share of a curve that is subtracted; the penalty, which the paper fixes, is whole.
    """
    methods: dict[str, Calibrator] = {LWR: Lowess(frac=frac, alpha=alpha)}
    if len(characteristics) == 1:
        methods[MEAN] = WindowMean(alpha=alpha)
    if "chars" in characteristics:
        column = list(characteristics).index("chars")
        methods[LWR_PENALTY] = PenaltyThenLowess(frac=frac, alpha=alpha, column=column)
        methods[PENALTY] = LengthPenalty(column=column)
    return methods


def ranking_methods(alpha: float = 1.0) -> dict[str, Calibrator]:
    """Calibrators for responses of many generators, by their length; settings are the paper's for AlpacaEval."""
    return {
        LWR: Lowess(frac=0.1, alpha=alpha),
        MEAN: WindowMean(ratio=8, fewest=10, alpha=alpha),
        LWR_PENALTY: PenaltyThenLowess(frac=0.1, alpha=alpha),
        PENALTY: LengthPenalty(),
    }
