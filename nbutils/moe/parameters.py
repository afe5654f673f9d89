"""Declared parameters of the notebooks on mixture-of-experts models."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from nbutils.models.options import Device, DType, ModelName
from nbutils.moe.layers import check_layers

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Resamples = Annotated[int, Field(ge=100, le=100_000)]


class MoENotebook(BaseModel):
    """Parameters that all of them have."""

    # papermill turns `-p layers 3` into a number.
    model_config = ConfigDict(extra="forbid", protected_namespaces=(), coerce_numbers_to_str=True)

    model: ModelName
    compare_to: str
    text: Annotated[str, Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=100, le=100_000_000)]
    window: Annotated[int, Field(ge=8, le=1_000_000)]
    batch_size: Annotated[int, Field(ge=1, le=4096)]
    layers: Annotated[str, AfterValidator(check_layers)]
    device: Device
    dtype: DType
    device_map: Literal["", "auto"]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    output_dir: str


class RouterNorms(MoENotebook):
    """Parameters of `router_norms.ipynb`."""

    sentence: Sentence
    resamples: Resamples


class ExpertDiversity(MoENotebook):
    """Parameters of `expert_diversity.ipynb`."""

    sentence: Sentence
    reference: str
    max_tokens: Annotated[Literal[0] | Annotated[int, Field(ge=100, le=100_000_000)], Field(description="0 or 100 on")]
    most_pairs: Annotated[int, Field(ge=1, le=1_000_000)]


class ExpertRouting(MoENotebook):
    """Parameters of `expert_routing.ipynb`."""

    checkpoints: str
    resamples: Resamples
    knockout_tokens: Annotated[int, Field(ge=100, le=100_000_000)]
