"""What in a piece of HTML could run, load something, leave the gallery unseen or cover the page."""

import re
from html.parser import HTMLParser

PAGE = {"html", "head", "title", "body", "header", "nav", "main", "section", "footer", "h1", "h2", "h3"}
BLOCKS = {"details", "div", "figcaption", "figure", "hr", "li", "ol", "p", "pre", "summary", "ul"}
TABLES = {"caption", "table", "tbody", "td", "th", "thead", "tr"}
WORDS = {"a", "b", "br", "code", "em", "img", "span", "strong", "sub", "sup"}
HARMLESS_TAGS = PAGE | BLOCKS | TABLES | WORDS
ADDRESS = re.compile(r"(https://arxiv\.org/.*|[\w.-]+\.html(#.*)?|#.*|assets/\w+\.\w+|data:image/svg\+xml;base64,.*)")


def harms(html: str) -> list[str]:
    """Return the tags and attributes that do harm, as a browser finds them."""
    elements = _Elements()
    elements.feed(html)
    return [harm for tag, attributes in elements.found for harm in _of_element(tag, attributes)]


class _Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def _of_element(tag: str, attributes: dict[str, str]) -> list[str]:
    own_head = (tag, attributes) == ("link", {"rel": "stylesheet", "href": "style.css"}) or (
        tag == "meta" and attributes.get("http-equiv", "Content-Security-Policy") == "Content-Security-Policy"
    )
    if own_head:
        return []
    found = [] if tag in HARMLESS_TAGS else [tag]
    for name, value in attributes.items():
        if name.startswith("on") or name in ("srcset", "action", "srcdoc"):
            found.append(f"{tag} {name}")
        if name in ("href", "src") and not ADDRESS.fullmatch(value):
            found.append(f"{tag} {name}={value}")
        if name == "style" and re.search(r"url|position|@|expression", value):
            found.append(f"{tag} style={value}")
    return found
