"""Estimates of a bias from scored responses, with one interface."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bandwidth": ["choose_frac"],
        "calibrator": ["Calibrator"],
        "length_penalty": ["LengthPenalty"],
        "lowess": ["Lowess"],
        "penalty_then_lowess": ["PenaltyThenLowess"],
        "uncalibrated": ["Uncalibrated"],
        "window_mean": ["WindowMean"],
    },
)
