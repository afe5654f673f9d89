"""Intervals that respect the unit of resampling, and verdicts computed from them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bootstrap": ["percentile_interval", "resampled_sums"],
        "means": ["mean_interval"],
        "verdicts": ["above_null"],
    },
)
