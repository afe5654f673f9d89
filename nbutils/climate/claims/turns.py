"""Claims about the temperature at which emissions turn: for each series a breakpoint and a minimum, apart."""

import numpy as np
import pandas as pd

from nbutils.climate.published import PUBLISHED_TC, published
from nbutils.statistics.finding import record
from nbutils.statistics.verdicts import near

LEVEL = 0.05
TOLERANCE_C = 1.5
UNIT = "degrees C"
FEW = 5


def breakpoint_finding(name: str, row: pd.Series, planted: pd.Series | None = None) -> dict[str, object]:
    """That emissions turn at a breakpoint: at the published or planted one where there is one.

    Args:
        name: of the series.
        row: of `thresholds`, definition "breakpoint".
        planted: row of the planted truth for a simulated series.
    """
    told = {
        "quantity": "breakpoint of two segments",
        "unit": UNIT,
        "measured": row["tc"],
        "interval": (row["low"], row["high"]),
        "n": row["n"],
    }
    if planted is not None and planted["shape"] == "none":
        return _nothing_planted(name, row, told)
    if planted is not None:
        ends = planted[["tc", "low", "high"]].dropna().to_numpy(dtype=float)
        claim = f"{name}: the breakpoint is the planted {_degrees(ends)} °C"
        return _against(claim, row, (ends.min(), ends.max()), f"planted {_degrees(ends)}", told)
    figure = published(PUBLISHED_TC, str(row["country"]))
    if figure is not None:
        return _against(f"{name}: emissions turn at {figure} °C", row, (figure, figure), figure, told)
    return _turns(f"{name}: values fall below a breakpoint and rise above it", row, told)


def minimum_finding(name: str, row: pd.Series, p_exists: float) -> dict[str, object]:
    """That emissions are least at an inner temperature: at the published one where there is one.

    What was planted is a kink. The minimum of a smooth curve is not held against it.

    Args:
        name: of the series.
        row: of `thresholds`, definition "lowess_minimum".
        p_exists: of a straight line.
    """
    told = {
        "quantity": "temperature of the least LOWESS",
        "unit": UNIT,
        "measured": row["tc"],
        "interval": (row["low"], row["high"]),
        "n": row["n"],
    }
    figure = published(PUBLISHED_TC, str(row["country"]))
    if figure is not None:
        return _against(f"{name}: emissions are least at {figure} °C", row, (figure, figure), figure, told)
    claim = f"{name}: values are least at a temperature inside their range"
    if p_exists > LEVEL:
        reason = f"a straight line is not rejected (p = {p_exists:.2g}), so that no minimum is given"
        return record(**told | {"claim": claim}, verdict="not testable here", reason=reason)
    if np.isnan(row["tc"]) or "at_edge" in str(row["flags"]):
        reason = "the curve is not surely higher at both ends of the range"
        return record(**told | {"claim": claim}, verdict="not testable here", reason=reason)
    reason = f"the curve is higher at both ends in {row['turns']:.0%} of the resamples"
    return record(**told | {"claim": claim}, verdict="holds", reason=reason)


def difference_finding(thresholds: pd.DataFrame) -> dict[str, object]:
    """That breakpoint and minimum are different quantities: in several series their intervals do not meet.

    One series in a hundred does so by chance: one is enough of up to five series, beyond that two and 5 % of them.

    Args:
        thresholds: of `thresholds`; series made from temperature are passed over.
    """
    kept = thresholds[~thresholds["flags"].str.contains("circular")]
    keys = ["country", "sector"]
    kink, least = (
        kept[kept["definition"] == name].dropna(subset=["tc", "low", "high"]).set_index(keys)
        for name in ("breakpoint", "lowess_minimum")
    )
    pairs = kink.add_suffix("_kink").join(least.add_suffix("_least"), how="inner")
    claim = {
        "claim": "The breakpoint and the temperature of least emissions are different quantities",
        "quantity": "largest sure distance of LOWESS minimum and breakpoint in a series",
        "unit": UNIT,
        "null": 0.0,
        "n": len(pairs),
    }
    if pairs.empty:
        return record(**claim, verdict="not testable here", reason="no series has both")
    # What lies between the intervals is a distance that both leave open.
    gap = np.maximum(pairs["low_least"] - pairs["high_kink"], pairs["low_kink"] - pairs["high_least"])
    apart = (pairs["tc_least"] - pairs["tc_kink"]).abs()
    sure = gap > 0
    needed = 1 if len(pairs) <= FEW else max(2, int(np.ceil(LEVEL * len(pairs))))
    one = apart.where(sure).idxmax() if sure.any() else apart.idxmax()
    return record(
        **claim,
        measured=apart[one],
        verdict="holds" if sure.sum() >= needed else "not testable here",
        reason=f"the intervals do not meet in {sure.sum()} of {len(pairs)} series, {needed} needed; "
        f"{', '.join(map(str, one))}: breakpoint {pairs['tc_kink'][one]:.1f}, minimum {pairs['tc_least'][one]:.1f}",
    )


def published_turn_finding(country: str) -> dict[str, object]:
    """The paper's critical temperature of a country that is not in the data."""
    where = "Global emissions" if country == "Global" else f"Emissions of {country}"
    return record(
        claim=f"{where} turn at {PUBLISHED_TC[country]} °C",
        quantity="critical temperature",
        unit=UNIT,
        paper=PUBLISHED_TC[country],
        verdict="not testable here",
        reason="no real series of it: set `series` to one that has it",
    )


def _against(
    claim: str, row: pd.Series, target: tuple[float, float], paper: float | str, told: dict[str, object]
) -> dict[str, object]:
    if np.isnan(row["tc"]):
        no = "no such temperature: " + (str(row["flags"]).replace("_", " ").replace(";", ", ") or "none is found")
        return record(**told, claim=claim, paper=paper, verdict="not testable here", reason=no)
    verdict, reason = near((row["low"], row["high"]), target, TOLERANCE_C)
    return record(**told, claim=claim, paper=paper, verdict=verdict, reason=reason)


def _turns(claim: str, row: pd.Series, told: dict[str, object]) -> dict[str, object]:
    if not _is_turn(row):
        return record(**told, claim=claim, verdict="not testable here", reason=f"no sure turn: {_evidence(row)}")
    return record(**told, claim=claim, verdict="holds", reason=_evidence(row))


def _nothing_planted(name: str, row: pd.Series, told: dict[str, object]) -> dict[str, object]:
    """That no turn is found where none was planted; measured is p, as there need not be a breakpoint."""
    told = told | {"quantity": "p of a straight line", "unit": None, "measured": row["p_exists"], "interval": None}
    return record(
        **told,
        claim=f"{name}: no turn is found where none was planted",
        paper="planted: none",
        verdict="fails" if _is_turn(row) else "holds",
        reason=_evidence(row),
    )


def _is_turn(row: pd.Series) -> bool:
    return bool(row["p_exists"] <= LEVEL and row["turns"] >= 1 - LEVEL)


def _evidence(row: pd.Series) -> str:
    if row["p_exists"] > LEVEL:
        return f"a straight line is not rejected (p = {row['p_exists']:.2g})"
    return (
        f"a straight line is rejected (p = {row['p_exists']:.2g}); {row['slope_below']:+.1f} % per degree below and "
        f"{row['slope_above']:+.1f} % above, a turn in {row['turns']:.0%} of the resamples"
    )


def _degrees(ends: np.ndarray) -> str:
    return " to ".join(f"{end:g}" for end in dict.fromkeys(ends.tolist()))
