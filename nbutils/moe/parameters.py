"""Declared parameters of the notebooks on mixture-of-experts models."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from nbutils.models.options import Device, DType, ModelName


class RouterNorms(BaseModel):
    """Parameters of `router_norms.ipynb`."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    model: ModelName
    compare_to: str
    control: str
    text: Annotated[str, Field(min_length=1)]
    sentence: Annotated[str, Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=100, le=100_000_000)]
    window: Annotated[int, Field(ge=8, le=1_000_000)]
    batch_size: Annotated[int, Field(ge=1, le=4096)]
    layers: Annotated[str, Field(pattern=r"^\s*(all|\d+(-\d+)?(\s*,\s*\d+(-\d+)?)*)\s*$")]
    device: Device
    dtype: DType
    device_map: Literal["", "auto"]
    resamples: Annotated[int, Field(ge=100, le=100_000)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    output_dir: str
