"""Declared parameters of `clip_scoring.ipynb`."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MODALITIES = ("visual", "audio", "text")
DEVICES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def files_in(names: str) -> list[Path]:
    """The files of a list with commas."""
    return [Path(name.strip()).expanduser() for name in names.split(",") if name.strip()]


def encoder_names(names: str) -> dict[str, str]:
    """The named ones of a visual, an audio and a text encoder with commas; what is left blank is not there.

    Raises:
        ValueError: there are others than three, or none.
    """
    given = [name.strip() for name in names.split(",")] if names else [""] * len(MODALITIES)
    if len(given) != len(MODALITIES):
        raise ValueError("name a visual, an audio and a text encoder with commas; left blank it is the default one")
    return {modality: name for modality, name in zip(MODALITIES, given, strict=True) if name}


def _encoders(value: str) -> str:
    encoder_names(value)
    return value


def _existing_file(value: str) -> str:
    if value and not Path(value).expanduser().is_file():
        raise ValueError("there is no such file")
    return value


def _existing_files(value: str) -> str:
    for file in files_in(value):
        if not file.is_file():
            raise ValueError(f"there is no file {str(file)!r}")
    return value


def _existing_folder(value: str) -> str:
    if value and not Path(value).expanduser().is_dir():
        raise ValueError("there is no such folder")
    return value


def _device(value: str) -> str:
    if not DEVICES.fullmatch(value):
        raise ValueError("devices are auto, cpu, mps, cuda and cuda:1")
    return value


NothingAsBlank = BeforeValidator(lambda value: "" if value is None else value)
ExistingFile = Annotated[str, NothingAsBlank, AfterValidator(_existing_file)]
ExistingFiles = Annotated[str, NothingAsBlank, AfterValidator(_existing_files)]
ExistingFolder = Annotated[str, NothingAsBlank, AfterValidator(_existing_folder)]


class ClipScoring(BaseModel):
    """Parameters of `clip_scoring.ipynb`; None stands for "" in paths."""

    model_config = ConfigDict(extra="forbid")

    video: ExistingFile
    captions: ExistingFile
    annotations: ExistingFiles
    features: ExistingFolder
    scorer: ExistingFolder
    encoders: Annotated[str, NothingAsBlank, AfterValidator(_encoders)]
    threshold: Annotated[float, Field(gt=0, lt=1)]
    min_length: Annotated[float, Field(ge=1, le=3600)]
    max_length: Annotated[float, Field(ge=1, le=3600)]
    clips_per_minute: Annotated[float, Field(ge=0, le=60)]
    snap_seconds: Annotated[float, Field(ge=0, le=60)]
    device: Annotated[str, AfterValidator(_device)]
    resamples: Annotated[int, Field(ge=40, le=100_000)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    output_dir: str

    @model_validator(mode="after")
    def _belong_together(self) -> "ClipScoring":
        if self.captions and not self.video:
            raise ValueError("captions go with a video: give video too")
        if self.features and not self.annotations:
            raise ValueError("features are scored against annotated clips: give annotations too")
        if self.video and self.features:
            raise ValueError("a video is scored by features of its own: give video or features, not both")
        if self.encoders and not self.video:
            raise ValueError("encoders are for a video of yours: give video too")
        if self.scorer and self.annotations and not (self.features or self.video):
            raise ValueError(
                "a scorer is held against annotated clips by features of their videos: give features, or a video with "
                "encoders, or leave the annotations out"
            )
        if self.min_length > self.max_length:
            raise ValueError(f"min_length {self.min_length:g} is above max_length {self.max_length:g}")
        return self
