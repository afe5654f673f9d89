"""What the paper published (Li et al., arXiv 2407.20057), for series of the same countries."""

from nbutils.climate.io.countries import country_key

# Degrees C; the paper's abstract.
PUBLISHED_TC = {"US": 14.9, "China": 18.7, "Japan": 18.4, "Global": 16.5}
# Largest less smallest day in % of the mean of 2022.
PUBLISHED_RANGE = {"China": 31.0, "India": 46.0}
PUBLISHED_RANGE_YEAR = 2022


def published(figures: dict[str, float], country: str) -> float | None:
    """The paper's figure for a country, however it is written; None where there is none.

    Args:
        figures: `PUBLISHED_TC` or `PUBLISHED_RANGE`.
        country: name or code; "World" and the like are the globe.
    """
    key = country_key(country)
    if key in ("world", "global"):
        key = country_key("Global")
    return {country_key(name): figure for name, figure in figures.items()}.get(key)
