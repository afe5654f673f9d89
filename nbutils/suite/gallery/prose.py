"""The Markdown of a notebook as HTML for its page."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import mistune
from bleach.sanitizer import Cleaner
from markupsafe import Markup, escape

from nbutils.suite.gallery import assets
from nbutils.suite.gallery.formulas import formula
from nbutils.suite.gallery.sanitising import MOST_CHARACTERS, cleaner, sanitised

ANCHORS_OF_PAGES = ("content", "findings-table")
_PLUGINS = ("table", "strikethrough", "url", "math")
_IMAGE = re.compile(r'<img[^>]* alt="([^"]*)"[^>]*>')


@dataclass
class Site:
    """What all pages of a gallery share."""

    pages: Mapping[str, str]
    """Name of a notebook -> its page; a link to the notebook becomes one to the page."""
    allow_scripts: bool = False
    """Whether HTML and JavaScript outputs stay as they are."""
    files: dict[str, bytes] = field(default_factory=dict)
    """The gallery's files so far, name -> content."""

    def __post_init__(self):
        self.cleaner: Cleaner = cleaner(lambda address: address in self.files or address in self.pages.values())


@dataclass(frozen=True)
class Heading:
    """A heading of a page and where to find it."""

    level: int
    anchor: str
    text: str


class Prose:
    """Turns the Markdown of one notebook into HTML.

    Attributes:
        title: the first heading, which is the page's own and stays out of the HTML; "" before it was met.
        headings: those met after it.
        links: the web links met so far, (address, text) pairs.
    """

    def __init__(self, site: Site, folder: Path):
        self.title = ""
        self.headings: list[Heading] = []
        self.links: list[tuple[str, str]] = []
        self._renderer = _Renderer(site, folder, self)
        self._markdown = mistune.create_markdown(renderer=self._renderer, plugins=_PLUGINS)
        self._cleaner = site.cleaner

    def html(self, source: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> Markup:
        """Return Markdown as HTML in which nothing runs.

        Args:
            source: the Markdown, which may hold HTML.
            attachments: pictures that the cell carries, name -> MIME bundle.
        """
        if len(source) > MOST_CHARACTERS:
            return _as_text(source)
        self._renderer.attachments = attachments or {}
        try:
            return sanitised(self._markdown(source), self._cleaner)
        except (ValueError, RecursionError):
            return _as_text(source)


def _as_text(source: str) -> Markup:
    return Markup("<pre>{}</pre>").format(source)


class _Renderer(mistune.HTMLRenderer):
    """Headings below the page's own one, links between notebooks, pictures as files of the gallery, formulas."""

    def __init__(self, site: Site, folder: Path, prose: Prose):
        # The sanitiser sees everything that is made here, and judges raw HTML and addresses.
        super().__init__(escape=False, allow_harmful_protocols=True)
        self.attachments: Mapping[str, Mapping[str, str]] = {}
        self._anchors = Counter(ANCHORS_OF_PAGES)
        self._site, self._folder, self._prose = site, folder, prose

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        plain = _plain(text)
        if not self._prose.title:
            self._prose.title = plain
            return ""
        level, anchor = max(level, 2), self._anchor(plain)
        self._prose.headings.append(Heading(level, anchor, plain))
        return f'<h{level} id="{escape(anchor)}">{text}</h{level}>\n'

    def _anchor(self, text: str) -> str:
        """Return the address of a heading, as in JupyterLab; one that is taken gets a number."""
        wanted = re.sub(r"\s+", "-", text) or "section"
        self._anchors[wanted] += 1
        return wanted if self._anchors[wanted] == 1 else self._anchor(f"{text} {self._anchors[wanted]}")

    def link(self, text: str, url: str, title: str | None = None) -> str:
        path, hash_sign, fragment = url.partition("#")
        if path.endswith(".ipynb") and "://" not in path:
            url = self._site.pages.get(Path(unquote(path)).stem, "") + hash_sign + fragment
        elif url.startswith(("http://", "https://")):
            self._prose.links.append((url, _plain(text)))
        return super().link(text, url, title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        alt = _plain(text) or "Image without a description"
        try:
            picture = assets.stored(self._image_file(url), self._site.files)
        except (OSError, ValueError, KeyError, binascii.Error):
            return f"<em>[{escape(alt)}: this picture is not in the gallery]</em>"
        return f'<img src="{picture.address}" alt="{escape(alt)}" width="{picture.width}" height="{picture.height}">'

    def _image_file(self, url: str) -> bytes:
        """Read a picture that the cell carries or that lies in the notebook's folder; others are not fetched."""
        if url.startswith("attachment:"):
            [encoded] = self.attachments[unquote(url.removeprefix("attachment:"))].values()
            return base64.b64decode(encoded)
        if url.startswith("data:"):
            return base64.b64decode(url.partition(",")[2])
        path = (self._folder / unquote(url)).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ValueError("it lies outside of the notebook's folder")
        return path.read_bytes()

    def inline_math(self, text: str) -> str:
        return formula(text, self._site.files)

    def block_math(self, text: str) -> str:
        return f"<p>{formula(text, self._site.files)}</p>\n"


def _plain(html: str) -> str:
    """Return inline HTML as text, pictures and formulas as their descriptions."""
    return Markup(_IMAGE.sub(r"\1", html)).striptags()
