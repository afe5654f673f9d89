"""Tables of small simulated countries, from which figures, captions and findings are made."""

import pytest

from nbutils import climate
from nbutils.climate.simulated import SIMULATED


@pytest.fixture(scope="session")
def tables():
    """A table for each figure: two countries with a planted turn and one without, and a long name."""
    days, planted = climate.simulated_countries(("US", "Chile", "Japan"), first_year=2005, last_year=2016, seed=1)
    names = {"US": f"{SIMULATED}US", "Chile": f"{SIMULATED}Chile", "Japan": "a country with a very long name $of_it$"}
    days = days.assign(country=days["country"].cat.rename_categories(names))
    planted = planted.assign(country=planted["country"].map(names))
    recent = climate.last_years(days, 3)
    main, main_days = climate.main_series(recent), climate.main_series(days)
    thresholds = climate.breakpoints.thresholds(recent, resamples=40, workers=1)
    turning = main_days[main_days["country"] != names["Chile"]]
    cast = climate.back_cast_by_month(turning, 40)
    extremes = climate.extremes(main_days)
    scores = climate.out_of_year_scores(climate.last_years(turning, 2))
    return {
        "planted": planted,
        "thresholds": thresholds,
        "curves": climate.breakpoints.response_curves(main, thresholds, workers=1),
        "recovered": climate.breakpoints.recovery(thresholds, planted),
        "choice": climate.breakpoints.model_choice(main, workers=1),
        "scores": scores,
        "skill": climate.over_years(scores),
        "back_cast": cast,
        "cast_skill": climate.over_years(cast.skill),
        "calendar": climate.calendars(main),
        "ranges": climate.ranges(main, 40),
        "extremes": extremes,
    }
