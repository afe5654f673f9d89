"""Declared parameters of `co2_thresholds.ipynb`."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

YEARS = re.compile(r"(\d{4})-(\d{4})")


def years_in(period: str) -> tuple[int, int] | None:
    """First and last year of a period such as "1991-2020"; None for "".

    Raises:
        ValueError: it is no such period, or ends before it begins.
    """
    if not period:
        return None
    found = YEARS.fullmatch(period.strip())
    if not found or int(found[1]) > int(found[2]):
        raise ValueError(f"{period!r} is no period: give two years such as 1991-2020")
    return int(found[1]), int(found[2])


def names_in(names: str) -> list[str]:
    """The names of a list with commas."""
    return [name.strip() for name in names.split(",") if name.strip()]


def _period(value: str) -> str:
    years_in(value)
    return value


def _existing(value: str) -> str:
    if value and not Path(value).expanduser().exists():
        raise ValueError("there is no such file or folder")
    return value


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("a running mean of an even number of days has no middle: give an odd number such as 7")
    return value


NothingAsBlank = BeforeValidator(lambda value: "" if value is None else value)
ExistingPath = Annotated[str, NothingAsBlank, AfterValidator(_existing)]


class CO2Thresholds(BaseModel):
    """Parameters of `co2_thresholds.ipynb`; None stands for "" in paths."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    series: ExistingPath
    temperature: ExistingPath
    population: ExistingPath
    regions: ExistingPath
    countries: str
    sectors: str
    date_order: Literal["", "dmy", "mdy"]
    temperature_unit: Literal["", "C", "F", "K"]
    years: Annotated[int, Field(ge=1, le=500)]
    base_period: Annotated[str, AfterValidator(_period)]
    smoothing_days: Annotated[int, Field(ge=1, le=61), AfterValidator(_odd)]
    block_days: Annotated[int, Field(ge=0, le=365)]
    resamples: Annotated[int, Field(ge=40, le=100_000)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    output_dir: str

    @model_validator(mode="after")
    def _files_belong_together(self) -> "CO2Thresholds":
        if self.temperature and not self.series:
            raise ValueError("temperature goes beside emissions: give series too")
        for name in ("population", "regions"):
            if getattr(self, name) and not self.temperature:
                raise ValueError(f"{name} goes with a NetCDF of temperatures: give temperature too")
        return self
