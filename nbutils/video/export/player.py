"""Films in a page."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from nbutils.video.errors import VideoError

# Colours are the page's own, so that the player is legible in light and dark.
LIST = "display:flex;flex-wrap:wrap;gap:12px"
FIGURE = "margin:0;width:256px"
VIDEO = "display:block;width:100%;max-height:256px"
CAPTION = "font-size:13px;margin-top:4px"


def player(previews: Sequence[tuple[str, bytes]]) -> str:
    """HTML that plays films side by side, each under its title; it holds the films and runs no script.

    Args:
        previews: title and MP4 file of each, such as `preview` gives.

    Raises:
        VideoError: there is no film.
    """
    if not previews:
        raise VideoError("there is no clip to play: lower the threshold.")
    figures = "\n".join(_figure(title, film) for title, film in previews)
    return f'<div style="{LIST}">\n{figures}\n</div>'


def _figure(title: str, film: bytes) -> str:
    source = f"data:video/mp4;base64,{b64encode(film).decode()}"
    return (
        f'<figure style="{FIGURE}"><video controls playsinline preload="metadata" aria-label="{escape(title)}" '
        f'style="{VIDEO}" src="{source}"></video><figcaption style="{CAPTION}">{escape(title)}</figcaption></figure>'
    )
