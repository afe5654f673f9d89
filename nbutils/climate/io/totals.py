"""A total made from sectors that are complete."""

import pandas as pd

from nbutils.climate.errors import ClimateDataError


def with_total(days: pd.DataFrame) -> pd.DataFrame:
    """Days with the sector "total" added: the sum of a country's sectors on the days that all of them have.

    Args:
        days: as `read_days` gives them, such as those of Carbon Monitor, which holds sectors only.

    Raises:
        ClimateDataError: a country has a total already.
    """
    if (days["sector"] == "total").any():
        country = days.loc[days["sector"] == "total", "country"].iloc[0]
        raise ClimateDataError(f"{country} has a total already: use the days as they are")
    sectors = days.groupby("country", observed=True)["sector"].nunique()
    flags = {name: "max" for name in ("is_holiday", "is_shock") if name in days}
    grouped = days.groupby(["country", "date"], observed=True)
    total = grouped.agg(value=("value", "sum"), temperature_c=("temperature_c", "first"), n=("sector", "size"))
    total = total.join(grouped.agg(flags)).reset_index()
    total = total[total["n"] == total["country"].map(sectors).astype(int)].assign(sector="total")
    everything = pd.concat([days.astype({"sector": str}), total[list(days.columns)]])
    everything["sector"] = pd.Categorical(everything["sector"])
    everything["country"] = pd.Categorical(everything["country"], categories=days["country"].cat.categories)
    everything = everything.sort_values(["country", "sector", "date"], ignore_index=True)
    said = f"The total is the sum of the sectors {', '.join(days['sector'].cat.categories)}."
    everything.attrs = days.attrs | {"report": [*days.attrs.get("report", ()), said]}
    return everything
