"""Daily series with a known response to temperature, weekday effects and AR(1) residuals."""

import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.autoregression import simulate_autoregression
from nbutils.climate.breakpoints.design import design


def made_series(seed, days=1461, *, low=15.0, high=15.0, below=-1.8, above=1.6, rho=0.0, sd=3.0):
    """Temperature (seasonal and AR(1) of 0.7), value and covariates of a series; a line where the slopes are equal."""
    generator = np.random.default_rng(seed)
    dates = pd.date_range("2017-01-01", periods=days)
    weather = simulate_autoregression(np.array([0.7]), 1.7, days, 1, generator)[:, 0]
    temperature = 14 - 10.5 * np.cos(2 * np.pi * (dates.day_of_year.to_numpy() - 20) / 365.25) + weather
    noise = simulate_autoregression(np.array([rho]), sd * np.sqrt(1 - rho**2), days, 1, generator)[:, 0]
    weekend = np.choose(dates.day_of_week.to_numpy(), [0, 0, 0, 0, 0, -6, -10])
    curve = below * np.minimum(temperature - low, 0) + above * np.maximum(temperature - high, 0)
    if below == above:
        curve = below * temperature
    covariates = design(dates, (dates.day == 1) & (dates.month % 3 == 1))
    return temperature, 100 + curve + weekend + noise, covariates.to_numpy()
