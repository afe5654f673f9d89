"""In which unit a temperature is given: degrees Celsius, kelvin or degrees Fahrenheit."""

from typing import Literal

import numpy as np
import pandas as pd

from nbutils.climate.errors import ClimateDataError

TemperatureUnit = Literal["C", "F", "K"]

KELVIN_MEDIAN = 150.0
WARMEST_DAYS_C = 45.0
WARMEST_DAYS_SHARE = 0.01
POSSIBLE_C = (-90.0, 60.0)
SMALLEST_RANGE_C = 1e-6
MOST_NAMED = 5
WORDS = {"K": "kelvin", "F": "degrees Fahrenheit"}


def in_celsius(days: pd.DataFrame, unit: TemperatureUnit | None, report: list[str]) -> pd.Series:
    """Temperatures of all countries in degrees Celsius.

    Args:
        days: `country`, `date`, `temperature_c` in the unit as read.
        unit: as `to_celsius` takes it.
        report: gets a sentence about the countries whose unit was converted.

    Raises:
        ClimateDataError: as `to_celsius`, or the temperature of a country is the same on all days.
    """
    parts, converted = [], {}
    for country, rows in days.groupby("country"):
        celsius, found = to_celsius(rows.set_index("date")["temperature_c"], str(country), unit)
        if np.ptp(celsius.to_numpy()) < SMALLEST_RANGE_C:
            raise ClimateDataError(
                f"the temperature of {country} is {celsius.iloc[0]:g} on all days: give measured ones"
            )
        converted.setdefault(found, []).append(str(country))
        parts.append(celsius.set_axis(rows.index))
    for found, countries in converted.items():
        if found != "C":
            more = f" and {len(countries) - MOST_NAMED} more" if len(countries) > MOST_NAMED else ""
            names = ", ".join(countries[:MOST_NAMED])
            report.append(f"Temperatures of {names}{more} were converted from {WORDS[found]} to degrees Celsius.")
    return pd.concat(parts)


def to_celsius(values: pd.Series, name: str, unit: TemperatureUnit | None = None) -> tuple[pd.Series, TemperatureUnit]:
    """Daily temperatures in degrees Celsius, and the unit that they were in.

    A median above 150 is kelvin, and is converted. More than one day in a hundred above 45 is a daily mean of no
    country in degrees Celsius, so Fahrenheit; that is not converted unasked, since the unit is a guess. A Fahrenheit
    series without such days, which never leaves winter, cannot be told.

    Args:
        values: of one country or region; the index holds the days.
        name: of the country or region, for messages.
        unit: "C", "F" or "K" where it is known; None to go by the values.

    Raises:
        ClimateDataError: the values look like Fahrenheit, or one cannot be a temperature.
    """
    if unit not in (None, "C", "F", "K"):
        raise ClimateDataError(f"temperature_unit is '{unit}': give 'C', 'F', 'K' or leave it out")
    known = values.dropna()
    if unit is None and not known.empty and known.median() > KELVIN_MEDIAN:
        unit = "K"
    celsius = {"K": values - 273.15, "F": (values - 32) / 1.8}.get(unit, values)
    if unit is None and (known > WARMEST_DAYS_C).mean() > WARMEST_DAYS_SHARE and known.max() < 150:
        raise ClimateDataError(
            f"the temperatures of {name} reach {known.max():.0f} and look like Fahrenheit: "
            "give temperature_unit='F' to convert them, or 'C' if they are right"
        )
    low, high = POSSIBLE_C
    wrong = celsius.notna() & ~celsius.between(low, high)
    if wrong.any():
        raise ClimateDataError(
            f"the temperature of {name} on {wrong.idxmax():%Y-%m-%d}, {values[wrong.idxmax()]:g}, is none: "
            "leave missing ones empty, and give one unit throughout"
        )
    return celsius, unit or "C"
