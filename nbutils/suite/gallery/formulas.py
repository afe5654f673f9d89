"""TeX formulas as pictures, drawn by matplotlib's own TeX reader: a page needs no script and no font."""

import html
from functools import lru_cache

from nbutils.suite.gallery import assets

SIZE = 100  # points in which a formula is drawn, the 1 em of the text around it
MOST_CHARACTERS = 2_000
_MARGIN = 5  # points

# matplotlib.path.Path's codes of the commands that take points.
_COMMANDS = {1: "M", 2: "L", 3: "Q", 4: "C"}


def formula(tex: str, files: dict[str, bytes]) -> str:
    """Return a TeX formula without its dollar signs as HTML: an image that is described by `tex`.

    What matplotlib cannot read (environments, macros) is shown as TeX.

    Args:
        tex: the formula.
        files: the gallery's files, name -> content; the image is added.
    """
    try:
        svg, height, bottom = _drawn(" ".join(tex.split()))
    except (ValueError, RecursionError):
        return f"<code>{html.escape(tex)}</code>"
    address = assets.stored_svg(svg, files)
    style = f"height: {height / SIZE}em; vertical-align: {bottom / SIZE}em"
    return f'<img class="formula" alt="{html.escape(tex)}" style="{style}" src="{address}">'


@lru_cache(maxsize=1000)
def _drawn(tex: str) -> tuple[str, int, int]:
    """Return the formula as SVG, its height, and how far it reaches above the text's base line at its lower edge.

    Raises:
        ValueError: the formula cannot be read or is empty.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not tex or len(tex) > MOST_CHARACTERS or "$" in tex:
        raise ValueError("no formula of one line")
    outline = TextPath((0, 0), f"${tex}$", size=SIZE, prop=FontProperties(math_fontfamily="stix"))
    # Seen with the y axis upwards and the text's base line at 0.
    left, bottom, right, top = (round(edge) for edge in outline.get_extents().padded(_MARGIN).extents)
    width, height = right - left, top - bottom
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {-top} {width} {height}" width="{width}" '
        f'height="{height}"><path d="{_svg_path(outline)}"/></svg>'
    )
    return svg, height, bottom


def _svg_path(outline) -> str:
    """Return a matplotlib path in the notation of SVG, whose y axis points down."""
    parts = []
    for points, code in outline.iter_segments(curves=True, simplify=False):
        if code in _COMMANDS:
            numbers = (f"{x:.1f} {-y:.1f}" for x, y in points.reshape(-1, 2))
            parts.append(_COMMANDS[code] + " ".join(numbers))
        else:
            parts.append("Z")
    return "".join(parts)
