"""The simulated countries: climate, economy and the response of each sector to temperature.

The numbers are those that real series showed (slopes, weekends, dips, residuals), not data.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Response:
    """What temperature does to one sector.

    Attributes:
        slope_below: % of the year's mean per degree C, below `low`.
        slope_above: the same, above `high`.
        low: degrees C where the fall ends; NaN for a straight line, of slope `slope_below`.
        high: degrees C where the rise begins; the same as `low` for a V.
        share: of the country's total emissions.
        rho: lag-one autocorrelation of the residuals.
        sd: standard deviation of the residuals, in % of the year's mean.
    """

    slope_below: float
    slope_above: float
    low: float
    high: float
    share: float
    rho: float
    sd: float

    def percent(self, temperature_c: np.ndarray) -> np.ndarray:
        """The response, in % of the year's mean, up to a constant."""
        if np.isnan(self.low):
            return self.slope_below * temperature_c
        below, above = np.minimum(temperature_c - self.low, 0), np.maximum(temperature_c - self.high, 0)
        return self.slope_below * below + self.slope_above * above

    def planted(self) -> dict[str, object]:
        """The truth, as a row of the table `planted`."""
        shape = "none" if np.isnan(self.low) else "v" if self.low == self.high else "dead_band"
        return {
            "shape": shape,
            "tc": self.low if shape == "v" else np.nan,
            "low": self.low if shape == "dead_band" else np.nan,
            "high": self.high if shape == "dead_band" else np.nan,
            "slope_below": self.slope_below,
            "slope_above": self.slope_above,
            "rho": self.rho,
            "sd": self.sd,
        }


@dataclass(frozen=True)
class Country:
    """Climate and economy of one simulated country.

    Attributes:
        mean_c: mean temperature in 2000, degrees C.
        amplitude_c: of the seasonal cycle.
        weather_sd_c: standard deviation of the daily departures from the cycle.
        coldest_day: day of the year.
        mt_per_day: total emissions in 2000.
        growth: of the emissions, a year, until `peak`, and after it.
        peak: year in which the growth changes.
        saturday: % of the year's mean.
        sunday: the same.
        dip_2020: first day of the dip of 2020.
        keeps_spring_festival: whether the days around it are low.
        sectors: response by sector.
    """

    mean_c: float
    amplitude_c: float
    weather_sd_c: float
    coldest_day: int
    mt_per_day: float
    growth: tuple[float, float]
    peak: int
    saturday: float
    sunday: float
    dip_2020: str
    keeps_spring_festival: bool = False
    sectors: dict[str, Response] = field(default_factory=dict)


def _v(below: float, above: float, tc: float, share: float, rho: float, sd: float) -> Response:
    return Response(below, above, tc, tc, share, rho, sd)


def _line(slope: float, share: float, rho: float, sd: float) -> Response:
    return Response(slope, slope, np.nan, np.nan, share, rho, sd)


COUNTRIES = {
    "US": Country(
        mean_c=13.5,
        amplitude_c=10.5,
        weather_sd_c=2.4,
        coldest_day=20,
        mt_per_day=16.0,
        growth=(0.009, -0.011),
        peak=2005,
        saturday=-6.0,
        sunday=-10.0,
        dip_2020="2020-03-13",
        sectors={
            "total": _v(-1.8, 1.6, 14.9, 1.0, 0.7, 3.0),
            "power": Response(-2.8, 5.6, 12.0, 18.0, 0.35, 0.8, 4.0),
            "residential": _v(-7.0, 0.0, 18.0, 0.08, 0.6, 4.0),
        },
    ),
    "China": Country(
        mean_c=14.0,
        amplitude_c=12.5,
        weather_sd_c=2.0,
        coldest_day=22,
        mt_per_day=10.0,
        growth=(0.045, 0.018),
        peak=2012,
        saturday=-0.5,
        sunday=-1.0,
        dip_2020="2020-02-10",
        keeps_spring_festival=True,
        sectors={
            "total": _v(-0.5, 0.9, 18.7, 1.0, 0.7, 3.0),
            "power": _v(-0.9, 2.0, 18.7, 0.42, 0.8, 4.0),
            "residential": _v(-5.5, 0.0, 18.0, 0.07, 0.6, 4.0),
        },
    ),
    "Japan": Country(
        mean_c=15.5,
        amplitude_c=10.5,
        weather_sd_c=2.0,
        coldest_day=27,
        mt_per_day=3.4,
        growth=(0.014, -0.012),
        peak=2007,
        saturday=-6.0,
        sunday=-11.0,
        dip_2020="2020-04-07",
        sectors={
            "total": _v(-3.6, 1.9, 18.4, 1.0, 0.7, 3.5),
            "power": Response(-3.6, 3.4, 17.0, 19.5, 0.45, 0.8, 4.5),
            "residential": _v(-7.0, 0.0, 18.0, 0.06, 0.6, 4.0),
        },
    ),
    "India": Country(
        mean_c=24.5,
        amplitude_c=6.0,
        weather_sd_c=1.4,
        coldest_day=8,
        mt_per_day=2.9,
        growth=(0.052, 0.042),
        peak=2010,
        saturday=-1.0,
        sunday=-3.0,
        dip_2020="2020-03-25",
        sectors={
            "total": _v(-0.6, 1.3, 23.0, 1.0, 0.8, 3.0),
            "power": _v(-0.9, 2.4, 23.0, 0.48, 0.8, 4.0),
            "residential": _v(-5.0, 0.0, 18.0, 0.06, 0.6, 4.0),
        },
    ),
    "Iceland": Country(
        mean_c=3.0,
        amplitude_c=5.5,
        weather_sd_c=2.2,
        coldest_day=25,
        mt_per_day=0.008,
        growth=(0.012, -0.010),
        peak=2008,
        saturday=-3.0,
        sunday=-5.0,
        dip_2020="2020-03-16",
        sectors={
            "total": _line(-1.5, 1.0, 0.7, 3.5),
            "power": _line(-2.2, 0.10, 0.8, 4.5),
            "residential": _line(-4.0, 0.05, 0.6, 4.0),
        },
    ),
    "Chile": Country(
        mean_c=12.0,
        amplitude_c=5.0,
        weather_sd_c=1.8,
        coldest_day=200,
        mt_per_day=0.15,
        growth=(0.028, 0.010),
        peak=2013,
        saturday=-4.0,
        sunday=-8.0,
        dip_2020="2020-03-18",
        sectors={
            "total": _line(0.0, 1.0, 0.7, 3.5),
            "power": _line(0.0, 0.38, 0.8, 4.5),
            "residential": _line(0.0, 0.06, 0.6, 4.0),
        },
    ),
}
