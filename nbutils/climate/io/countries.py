"""Which country a name in a file means."""

import difflib
from functools import cache

import pycountry
from babel import Locale

from nbutils.climate.errors import ClimateDataError

AGGREGATES = frozenset({"eu", "eu27", "eu27 & uk", "europe", "global", "rest of world", "row", "world"})
USUAL_NAMES = {"uk": "GB", "holland": "NL", "korea": "KR", "turkey": "TR", "ivory coast": "CI"}


def country_code(name: str) -> str:
    """ISO 3166 two-letter code of a country named in English or by its code, "" for an aggregate such as "ROW".

    Raises:
        ClimateDataError: nothing is called so; the message suggests the nearest names.
    """
    key = " ".join(name.split()).casefold()
    if key in AGGREGATES:
        return ""
    if code := _codes().get(key):
        return code
    nearest = difflib.get_close_matches(key, _codes(), n=3, cutoff=0.6)
    meant = " or ".join(sorted({_written()[_codes()[found]] for found in nearest}))
    raise ClimateDataError(
        f"no country is called '{name}': write {meant or 'its English name or ISO code'}, "
        "or list it in `without_holidays` to go on without its holidays"
    )


def country_key(name: str) -> str:
    """The same text for all names of a country: its code, or for any other region its name in lower case."""
    try:
        code = country_code(name)
    except ClimateDataError:
        code = ""
    return code or name.casefold()


@cache
def _written() -> dict[str, str]:
    """The usual English name of each code."""
    territories = Locale("en").territories
    return {entry.alpha_2: territories.get(entry.alpha_2, entry.name) for entry in pycountry.countries}


@cache
def _codes() -> dict[str, str]:
    """Codes by every name, in lower case."""
    codes = {name.casefold(): code for code, name in _written().items()}
    for entry in pycountry.countries:
        for attribute in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            if name := getattr(entry, attribute, None):
                codes[name.casefold()] = entry.alpha_2
    return codes | USUAL_NAMES
