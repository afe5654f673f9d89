"""The back-cast against days that are known."""

import numpy as np
import pandas as pd

from nbutils.climate.emissions.skill import score
from nbutils.climate.errors import ClimateDataError


def back_cast_skill(cast: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """How the back-cast compares with days that are known, such as those of simulated countries.

    Args:
        cast: as of `back_cast_days`.
        truth: `country`, `sector`, `date`, `value`; days that both have are compared.

    Returns:
        One row per country, sector, model ("back-cast", and "even days", the null that gives all days of a month the
        same) and year: `country`, `sector`, `model`, `split` ("back-cast"), `year`, `r2` (share of the squared distance
        from even days that is removed), `rmse` (% of the monthly mean), `covered` (share of days whose value is in the
        interval; missing for even days), `n` (days). Months with a total of 0 are left out.

    Raises:
        ClimateDataError: no day is in both.
    """
    keys = ["country", "sector", "date"]
    known = truth.assign(country=truth["country"].astype(str), sector=truth["sector"].astype(str))
    both = cast.merge(known[[*keys, "value"]].rename(columns={"value": "known"}).dropna(), on=keys)
    both = both[both["monthly_mean"] > 0]
    if both.empty:
        raise ClimateDataError(
            "the back-cast and the truth share no country, sector and date: check the names and years."
        )
    rows = []
    for (country, sector, year), part in both.groupby(["country", "sector", both["date"].dt.year], sort=False):
        ratio, inside = part["known"] / part["monthly_mean"], part["known"].between(part["low"], part["high"])
        series = {"country": country, "sector": sector}
        same = {"split": "back-cast", "year": year}
        even = score(ratio, pd.Series(1.0, index=part.index))
        for model, scores, covered in (
            ("back-cast", score(ratio, part["ratio"]), inside.mean()),
            ("even days", even, np.nan),
        ):
            rows.append(series | {"model": model} | same | scores | {"covered": covered, "n": len(part)})
    return pd.DataFrame(rows)
