"""What the path of a module in a model says about it."""

import re

IMAGE_AND_SOUND = ("vision", "visual", "image", "audio")


def decoder_layer(path: str) -> int:
    """Number of the decoder layer: the first number in the path, 0 where there is none."""
    return int(next(iter(re.findall(r"(?<=\.)\d+(?=\.|$)", f".{path}")), 0))


def sees_text(path: str) -> bool:
    """Whether text passes through the module, as it does not through the tower or the experts of another modality."""
    return not any(word in path for word in IMAGE_AND_SOUND)


def is_attention_or_norm(path: str) -> bool:
    """Whether the module is, or is part of, an attention or a norm; either may hold experts or an MLP of its own."""
    return any(word in path for word in ("attn", "attention", "norm"))
