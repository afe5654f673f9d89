"""At which temperature do emissions turn? (Li et al., arXiv 2407.20057)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["breakpoints", "captions", "claims", "emissions", "figures", "io"],
    submod_attrs={
        "errors": ["ClimateDataError"],
        "given": ["ClimateData", "climate_data", "decisions"],
        "measure": [
            "back_cast_by_month",
            "calendars",
            "extremes",
            "last_years",
            "main_series",
            "out_of_year_scores",
            "over_years",
            "ranges",
        ],
        "parameters": ["CO2Thresholds"],
        "simulated": ["monthly_totals", "simulated_countries"],
        "victoria": ["victoria_days"],
    },
)
