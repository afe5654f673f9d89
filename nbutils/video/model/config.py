"""Sizes of the clip scorer."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from nbutils.video.errors import VideoError

Size = Annotated[int, Field(ge=1, le=65_536)]
Layers = Annotated[int, Field(ge=1, le=64)]
Modality = Literal["visual", "audio", "text"]


class ScorerConfig(BaseModel, frozen=True, extra="forbid", strict=True):
    """Sizes of a `ClipScorer`; those of its inputs are by default the ones of Repurpose-10K (CLIP, PANNs, MiniLM).

    Attributes:
        visual, audio, text: columns of the features of each modality.
        input_hidden: hidden size of the MLP that each modality enters through.
        hidden_size: columns of all later representations, a multiple of `heads`.
        intermediate_size: hidden size of the feed-forward layers.
        heads: attention heads.
        encoder_layers: layers within each modality.
        text_layers: layers that let visual and audio read text.
        cross_layers: layers that let visual read audio, and audio read visual.
        local_seconds: width of the depthwise convolutions over time, odd; 1 mixes no neighbours.
        offset_seconds: unit of the distances to a clip's start and end; in Repurpose-10K a second within a clip lies
            20 s from each of them on average.
        encoders: by modality, the name of the encoder of the features that the scorer was trained on; nothing for one
            that is not known.
    """

    visual: Size = 512
    audio: Size = 2048
    text: Size = 384
    input_hidden: Size
    hidden_size: Size
    intermediate_size: Size
    heads: Size
    encoder_layers: Layers
    text_layers: Layers
    cross_layers: Layers
    local_seconds: Annotated[int, Field(ge=1, le=255)] = 9
    offset_seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0
    encoders: dict[Modality, str] = {}

    def widths(self) -> tuple[int, int, int]:
        """Columns of visual, audio and text features."""
        return self.visual, self.audio, self.text

    def with_encoders(self, encoders: Mapping[str, str]) -> "ScorerConfig":
        """The same with more encoders by modality, where "" is one that is not known; those known before stay."""
        known = {modality: name for modality, name in encoders.items() if name}
        return self.model_copy(update={"encoders": known | self.encoders})


SIZES: dict[str, dict[str, int]] = {
    "small": {
        "input_hidden": 112,
        "hidden_size": 64,
        "intermediate_size": 128,
        "heads": 2,
        "encoder_layers": 1,
        "text_layers": 1,
        "cross_layers": 1,
    },
    "base": {
        "input_hidden": 512,
        "hidden_size": 256,
        "intermediate_size": 1024,
        "heads": 8,
        "encoder_layers": 2,
        "text_layers": 2,
        "cross_layers": 2,
    },
    "paper": {
        "input_hidden": 2048,
        "hidden_size": 512,
        "intermediate_size": 2048,
        "heads": 8,
        "encoder_layers": 3,
        "text_layers": 3,
        "cross_layers": 3,
    },
}


def scorer_config(
    size: Literal["small", "base", "paper"] = "small", **changes: int | float | dict[str, str]
) -> ScorerConfig:
    """The configuration of a named size, with `changes` to its fields, such as the columns of the features.

    Raises:
        VideoError: `size` is none of the three, or a change makes no sense.
    """
    if size not in SIZES:
        raise VideoError(f"size {size!r} of the clip scorer is unknown: choose from {', '.join(SIZES)}")
    return checked_config(SIZES[size] | changes)


def checked_config(values: dict[str, Any]) -> ScorerConfig:
    """The configuration with these values.

    Raises:
        VideoError: a value is missing, unknown or out of range; the message names it.
    """
    try:
        config = ScorerConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        message = first["msg"][:1].lower() + first["msg"][1:]
        raise VideoError(f"the clip scorer's configuration is wrong at {field}: {message}") from error
    if config.hidden_size % config.heads:
        raise VideoError(
            f"hidden_size {config.hidden_size} of the clip scorer must be a multiple of its {config.heads} heads"
        )
    if config.hidden_size % 2 or config.local_seconds % 2 == 0:
        raise VideoError(
            f"the clip scorer needs an even hidden_size and an odd local_seconds, not {config.hidden_size} and "
            f"{config.local_seconds}"
        )
    return config
