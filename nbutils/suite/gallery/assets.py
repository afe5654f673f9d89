"""The pictures of a gallery: files named by their content, so that the same picture is stored once."""

import hashlib
import io
from dataclasses import dataclass

_SUFFIXES = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}


@dataclass(frozen=True)
class Picture:
    """A picture of the gallery."""

    address: str
    """Its file in the gallery, or the picture itself as a data URL."""
    width: int | None
    """Pixels; None where a vector picture does not say."""
    height: int | None

    @property
    def is_file(self) -> bool:
        """Whether it can be opened by itself."""
        return not self.address.startswith("data:")


def stored(content: bytes, files: dict[str, bytes]) -> Picture:
    """Put a PNG, JPEG, GIF or WebP picture among the gallery's files.

    Args:
        content: the picture's file.
        files: the gallery's files, name -> content; the picture is added.

    Raises:
        ValueError: `content` is none of these.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=tuple(_SUFFIXES)) as image:
            (width, height), suffix = image.size, _SUFFIXES[image.format]
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError("it is not a PNG, JPEG, GIF or WebP picture") from None
    return Picture(_named(content, suffix, files), width, height)


def stored_svg(svg: str, files: dict[str, bytes]) -> str:
    """Put a vector picture that the gallery itself drew among its files, and return its address.

    Those of notebooks do not belong here: their scripts run when the file is opened by itself.
    """
    return _named(svg.encode(), "svg", files)


def _named(content: bytes, suffix: str, files: dict[str, bytes]) -> str:
    address = f"assets/{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
    files[address] = content
    return address
