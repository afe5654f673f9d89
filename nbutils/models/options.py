"""Types of the parameters that choose a model, shared by the notebooks; light enough for a first cell."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

DEVICE_PATTERN = r"^(auto|cpu|mps|cuda(:\d+)?)$"

ModelName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    Field(description="an embedded model, a local folder or a Hugging Face hub name"),
]
Device = Annotated[
    str,
    StringConstraints(pattern=DEVICE_PATTERN),
    Field(description="'auto', 'cpu', 'mps', 'cuda' or one GPU such as 'cuda:0'"),
]
DType = Annotated[
    Literal["auto", "float32", "bfloat16", "float16", "float64"],
    Field(description="'auto' (as stored on a GPU, float32 on CPU), 'float32', 'bfloat16', 'float16' or 'float64'"),
]
