"""Temperatures at which emissions turn, under several definitions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "curves": ["response_curves"],
        "dead_band": ["fit_dead_band"],
        "definitions": ["DEFINITIONS", "MINIMA"],
        "existence": ["breakpoint_test"],
        "recovery": ["recovery"],
        "selection": ["model_choice"],
        "thresholds": ["thresholds"],
        "two_segments": ["fit_two_segments"],
    },
)
