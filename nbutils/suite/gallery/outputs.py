"""The outputs of a notebook's cells as blocks of its page."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from markupsafe import Markup
from nbformat import NotebookNode

from nbutils.suite.findings import MIME_TYPE
from nbutils.suite.gallery import assets
from nbutils.suite.gallery.assets import Picture
from nbutils.suite.gallery.formulas import formula
from nbutils.suite.gallery.prose import Prose, Site
from nbutils.suite.gallery.sanitising import sanitised

MOST_TEXT = 50_000  # characters of one output

_RASTER_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_INLINE_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,([A-Za-z0-9+/=\s]+)")
_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Figure:
    """A picture with its description and caption."""

    kind: ClassVar = "figure"
    picture: Picture
    alt: str
    caption: Markup | None = None


@dataclass(frozen=True)
class Html:
    """A piece of HTML that is safe, or that the user let through."""

    kind: ClassVar = "html"
    html: Markup


@dataclass(frozen=True)
class Text:
    """Text as a terminal shows it."""

    kind: ClassVar = "text"
    text: str
    is_error: bool = False


@dataclass(frozen=True)
class Findings:
    """The place of the notebook's findings."""

    kind: ClassVar = "findings"


@dataclass(frozen=True)
class Note:
    """A sentence on something that a page cannot show."""

    kind: ClassVar = "note"
    text: str


Block = Figure | Html | Text | Findings | Note


def blocks(outputs: Sequence[NotebookNode], site: Site, prose: Prose, place: str) -> list[Block]:
    """Return the outputs of one cell as blocks; Markdown below a picture becomes its caption.

    Args:
        outputs: the cell's outputs.
        site: what the gallery's pages share; pictures are added to its files.
        prose: turns the notebook's Markdown into HTML.
        place: where in the notebook, the description of a picture that has none.
    """
    shown: list[Block] = []
    for output in outputs:
        before = shown[-1] if shown else None
        if isinstance(before, Figure) and not before.caption and _only_markdown(output):
            shown[-1] = replace(before, caption=prose.html(output.data["text/markdown"]))
            continue
        block = _block(output, site, prose, place)
        if isinstance(block, Text) and isinstance(before, Text) and block.is_error == before.is_error:
            shown[-1] = replace(before, text=before.text + block.text)
        else:
            shown.append(block)
    return shown


def _only_markdown(output: NotebookNode) -> bool:
    return set(output.get("data", {})) - {"text/plain"} == {"text/markdown"}


def _block(output: NotebookNode, site: Site, prose: Prose, place: str) -> Block:
    if output.output_type == "stream":
        return Text(_readable(output.text), is_error=output.name == "stderr")
    if output.output_type == "error":
        return Text(_readable("\n".join(output.traceback) or f"{output.ename}: {output.evalue}"), is_error=True)
    return _rich(output.data, output.metadata, site, prose, place)


def _rich(data: Mapping[str, Any], metadata: Mapping[str, Any], site: Site, prose: Prose, place: str) -> Block:
    """Return the best of the forms in which an object was displayed that a page without scripts can show."""
    if MIME_TYPE in data:
        return Findings()
    if site.allow_scripts and (scripted := _scripted(data)):
        return Html(scripted)
    for mime_type in (*_RASTER_TYPES, "image/svg+xml"):
        if mime_type in data:
            return _figure(mime_type, data[mime_type], metadata.get(mime_type), site, place)
    if "text/markdown" in data:
        return Html(prose.html(data["text/markdown"]))
    if "text/html" in data:
        return _html(data["text/html"], data.get("text/plain"), site)
    if "text/latex" in data:
        return Html(Markup(formula(data["text/latex"].strip().strip("$"), site.files)))
    if "application/vnd.jupyter.widget-view+json" in data:
        return Note("An interactive control, which works in JupyterLab.")
    if "application/javascript" in data:
        return Note("JavaScript, which the gallery does not run.")
    if "text/plain" in data:
        return Text(_readable(data["text/plain"]))
    return Note(f"An output of the kind {', '.join(data) or 'that is empty'}, which a page cannot show.")


def _scripted(data: Mapping[str, Any]) -> Markup | None:
    """Return an output as it is, with its scripts."""
    if "text/html" in data or "image/svg+xml" in data:
        return Markup(data.get("text/html") or data["image/svg+xml"])
    if "application/javascript" in data:
        return Markup(f"<script>{data['application/javascript']}</script>")
    return None


def _figure(mime_type: str, content: str, metadata: Any, site: Site, place: str) -> Figure | Note:
    alt = metadata.get("alt") if isinstance(metadata, Mapping) else None
    alt = alt if isinstance(alt, str) and alt.strip() else f"Figure without a description, {place}"
    if mime_type == "image/svg+xml":
        # Scripts in an SVG picture run when its file is opened by itself; a data URL cannot be.
        encoded = base64.b64encode(content.encode()).decode()
        return Figure(Picture(f"data:image/svg+xml;base64,{encoded}", None, None), alt)
    try:
        return Figure(assets.stored(base64.b64decode(content), site.files), alt)
    except (ValueError, binascii.Error):
        return Note("A picture that is damaged.")


def _html(html: str, text: str | None, site: Site) -> Block:
    """Return HTML without what runs or loads, or the text beside it where nothing else is left."""
    try:
        with_files = _INLINE_PICTURE.sub(lambda match: _address(match[1], site), html)
        safe = sanitised(with_files, site.cleaner)
    except ValueError as error:
        return Text(_readable(text)) if text else Note(f"HTML that is not shown: {error}.")
    if safe.striptags() or "<img" in safe:
        return Html(safe)
    return Text(_readable(text)) if text else Note("HTML of which nothing is left without its scripts.")


def _address(encoded: str, site: Site) -> str:
    """Return the address of a picture that HTML carries inside, "" where it is damaged."""
    try:
        return assets.stored(base64.b64decode(encoded), site.files).address
    except (ValueError, binascii.Error):
        return ""


def _readable(text: str) -> str:
    """Return text without a terminal's colours, and its beginning only where it is very long."""
    text = _CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", text.replace("\r\n", "\n")))
    if len(text) > MOST_TEXT:
        return f"{text[:MOST_TEXT]}\n[{len(text) - MOST_TEXT} more characters]\n"
    return text
