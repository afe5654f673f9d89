"""Declared parameters of `reward_calibration.ipynb`."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from nbutils.models.options import Device, ModelName

NAME = re.compile(r"[A-Za-z]\w*")


def names_in(characteristics: str) -> list[str]:
    """The names of a list with commas.

    Raises:
        ValueError: there is none, one is no name or stands there twice.
    """
    names = [name.strip() for name in characteristics.split(",") if name.strip()]
    if not names:
        raise ValueError("name at least one characteristic, such as chars")
    for name in names:
        if not NAME.fullmatch(name) or names.count(name) > 1:
            raise ValueError(f"{name!r} stands there twice or is no name: give names with commas, such as chars,lists")
    return names


def _checked_names(value: str) -> str:
    names_in(value)
    return value


def _existing(value: str) -> str:
    if value and not Path(value).expanduser().exists():
        raise ValueError("there is no such file or folder")
    return value


NothingAsBlank = BeforeValidator(lambda value: "" if value is None else value)
ExistingPath = Annotated[str, NothingAsBlank, AfterValidator(_existing)]


class RewardCalibration(BaseModel):
    """Parameters of `reward_calibration.ipynb`; None stands for "" in paths."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), coerce_numbers_to_str=True)

    scores: ExistingPath
    outputs: ExistingPath
    leaderboard: ExistingPath
    baseline: Annotated[str, Field(min_length=1)]
    model: ModelName
    pairs: Annotated[int, Field(ge=50, le=1_000_000)]
    simulated_models: Annotated[int, Field(ge=2, le=1000)]
    characteristics: Annotated[str, AfterValidator(_checked_names)]
    frac: Annotated[float, Field(gt=0, le=1)]
    alpha: Annotated[float, Field(ge=0, le=10)]
    folds: Annotated[int, Field(ge=2, le=100)]
    resamples: Annotated[int, Field(ge=100, le=100_000)]
    device: Device
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    output_dir: str

    @model_validator(mode="after")
    def _ranks_what_is_given(self) -> "RewardCalibration":
        if self.leaderboard and not self.outputs:
            raise ValueError("leaderboard orders the generators of outputs: give outputs too")
        return self
