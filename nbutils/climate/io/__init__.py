"""Days of emissions and temperature from the user's files, checked, with everything that was decided reported."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "calendar": ["with_holidays", "with_shocks"],
        "gridded": ["read_gridded"],
        "report": ["series_table"],
        "smoothing": ["smoothed"],
        "tables": ["TEMPERATURE_DERIVED", "read_days"],
        "totals": ["with_total"],
    },
)
