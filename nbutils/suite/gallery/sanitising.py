"""HTML from notebooks reduced to what can be read: no scripts, no styles of its own, nothing loaded from elsewhere."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner
from markupsafe import Markup

# The parser needs a second for so many; a table as pandas shows it has less than half.
MOST_CHARACTERS = 100_000

_DROPPED_WITH_CONTENT = frozenset({"script", "style"})
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset({"blockquote", "details", "div", "figcaption", "figure", "hr", "img", "p", "pre", "summary"})
_LISTS = frozenset({"dd", "dl", "dt", "li", "ol", "ul"})
_TABLES = frozenset({"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"})
_WORDS = frozenset({"a", "abbr", "br", "cite", "code", "dfn", "kbd", "q", "samp", "span", "var"})
_MARKS = frozenset({"b", "del", "em", "i", "ins", "mark", "s", "small", "strong", "sub", "sup", "u"})
# Colours are left out: those of a light page cannot be read on a dark one.
_CSS = CSSSanitizer(
    allowed_css_properties=("text-align", "vertical-align", "white-space", "font-weight", "font-style", "height"),
    allowed_svg_properties=(),
)
_WEB_LINK = re.compile(r"(https?://|mailto:|#)[^\s]*", re.IGNORECASE)
_INLINE_SVG = re.compile(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=\s]+")


def cleaner(is_own: Callable[[str], bool]) -> Cleaner:
    """Return the cleaner for the HTML of one site.

    Args:
        is_own: whether a relative address is a page or an image of the site; other relative addresses are removed.
    """

    def allowed(tag: str, name: str, value: str) -> bool:
        if tag == "a" and name == "href":
            return bool(_WEB_LINK.fullmatch(value)) or is_own(value.partition("#")[0])
        if tag == "img" and name == "src":
            return bool(_INLINE_SVG.fullmatch(value)) or is_own(value)
        return name in _ATTRIBUTES.get(tag, ()) or name in ("title", "style") or (tag, name, value) == _FORMULA_CLASS

    return Cleaner(
        tags=_HEADINGS | _BLOCKS | _LISTS | _TABLES | _WORDS | _MARKS | _DROPPED_WITH_CONTENT,
        attributes=allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
        filters=[_Readable],
        css_sanitizer=_CSS,
    )


_ATTRIBUTES = {
    **dict.fromkeys(("td", "th"), ("colspan", "rowspan", "scope")),
    **dict.fromkeys(_HEADINGS, ("id",)),
    "img": ("alt", "width", "height"),
    "ol": ("start",),
    "details": ("open",),
}
_FORMULA_CLASS = ("img", "class", "formula")


def sanitised(html: str, cleaner: Cleaner) -> Markup:
    """Return `html` without anything that runs, loads or covers the page.

    Raises:
        ValueError: it is too long or too deeply nested to be read.
    """
    if len(html) > MOST_CHARACTERS:
        raise ValueError(f"it has more than {MOST_CHARACTERS} characters")
    try:
        return Markup(cleaner.clean(html))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


class _Readable(Filter):
    """Drops scripts and style sheets whole, describes images, and lets a wide table scroll by itself."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        dropped = 0
        for token in super().__iter__():
            name, kind = token.get("name"), token["type"]
            if name in _DROPPED_WITH_CONTENT:
                dropped += {"StartTag": 1, "EndTag": -1}.get(kind, 0)
            elif not dropped:
                yield from self._presented(token, kind, name)

    def _presented(self, token: dict[str, Any], kind: str, name: str | None) -> Iterator[dict[str, Any]]:
        if name == "img":
            if (None, "src") in token["data"]:
                token["data"].setdefault((None, "alt"), "Image without a description")
                yield token
        elif name == "table" and kind == "StartTag":
            yield {"type": "StartTag", "name": "div", "namespace": token["namespace"], "data": _SCROLLS}
            yield token
        elif name == "table" and kind == "EndTag":
            yield token
            yield {"type": "EndTag", "name": "div", "namespace": token["namespace"], "data": {}}
        else:
            yield token


_SCROLLS = {(None, "class"): "scroll", (None, "tabindex"): "0", (None, "role"): "region", (None, "aria-label"): "Table"}
