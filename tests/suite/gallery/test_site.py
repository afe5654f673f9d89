import re
from html.parser import HTMLParser

import pytest

from nbutils.suite import project
from nbutils.suite.gallery.discovery import Sources
from nbutils.suite.gallery.site import gallery
from tests.suite.gallery.harms import harms
from tests.suite.gallery.made_notebooks import code, display, figure, hostile, png, whole, write

COMMITTED = sorted(path for path in (project.root() / "notebooks").glob("*.ipynb"))
VOID = {"meta", "link", "img", "br", "hr", "col"}


def made(*notebooks, allow_scripts=False):
    return gallery(Sources(list(notebooks), []), allow_scripts).files


def page(files, name):
    return files[name].decode()


class Outline(HTMLParser):
    """The nesting of a document; fails where an element is closed that is not open."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.ids = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def committed():
    return made(*COMMITTED)


def test_the_front_page_has_question_paper_figure_and_findings(tmp_path):
    files = made(whole(tmp_path / "growth.ipynb"), whole(tmp_path / "second.ipynb", title="# Second?"))
    html = page(files, "index.html")
    assert '<h2 id="about-growth"><a href="growth.html">Does it grow?</a></h2>' in html
    assert '<a href="https://arxiv.org/abs/2401.00001" rel="noopener noreferrer">Someone, 2024</a>' in html
    assert 'alt="A red field."' in html
    assert "✓ 1 hold" in html
    assert "3 findings:" in html
    assert "it is &lt;b&gt;blue&lt;/b&gt;" in html
    assert "no colours &amp; such" in html
    assert '<a href="#about-second">Second?</a>' in html
    assert set(files) == {
        "index.html",
        "growth.html",
        "second.html",
        "style.css",
        *re.findall(r"assets/\w+\.png", html),
    }


def test_every_page_of_the_committed_notebooks_is_well_formed(committed):
    pages = [name for name in committed if name.endswith(".html")]
    assert len(pages) == len(COMMITTED) + 1
    for name in pages:
        html = page(committed, name)
        outline = Outline(html)
        assert '<html lang="en">' in html
        assert outline.tags.count("h1") == 1
        assert {"header", "main", "footer", "nav"} <= set(outline.tags)
        assert len(outline.ids) == len(set(outline.ids))
        assert harms(html) == []


def test_nothing_comes_from_elsewhere(committed):
    loaded = {
        address for html in committed.values() for address in re.findall(rb'(?:src|<link[^>]*href)="([^"]*)"', html)
    }
    assert {address.decode() for address in loaded} <= committed.keys()
    assert b"url(" not in committed["style.css"]
    assert b"@import" not in committed["style.css"]


def test_no_page_names_a_place_on_this_machine(committed):
    assert not [name for name, content in committed.items() if str(project.root()).encode() in content]


def test_the_same_sources_give_the_same_bytes(committed):
    assert made(*COMMITTED) == committed


def test_a_hostile_notebook_is_harmless(tmp_path):
    path = hostile(tmp_path / "hostile.ipynb")
    files = made(path)
    for name in ("index.html", "hostile.html"):
        assert harms(page(files, name)) == []
        Outline(page(files, name))
        assert "script-src" not in page(files, name)
        assert "default-src 'none'" in page(files, name)
    # Formulas, which the gallery draws, are the only vector pictures among the files.
    assert not [name for name, content in files.items() if name.endswith(".svg") and b"attacked" in content]
    assert "model = &#39;&lt;script&gt;" in page(files, "index.html")


def test_scripts_run_only_where_they_are_allowed(tmp_path):
    files = made(hostile(tmp_path / "hostile.ipynb"), allow_scripts=True)
    html = page(files, "hostile.html")
    assert "<script>attacked()</script>" in html
    assert "Content-Security-Policy" not in html
    # Words, titles and texts never hold a notebook's scripts.
    assert "<script" not in page(files, "index.html")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_broken_notebook_is_shown_as_such(tmp_path, content):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content)
    files = made(path, whole(tmp_path / "growth.ipynb"))
    for name in ("index.html", "broken.html"):
        assert "This notebook cannot be read as a notebook (" in page(files, name)


def test_a_notebook_that_breaks_its_page_costs_no_other_page(tmp_path):
    odd = whole(tmp_path / "odd.ipynb", code("x", display({"image/svg+xml": "<svg>REPLACED</svg>"})))
    odd.write_text(odd.read_text().replace("REPLACED", "\\ud800"))
    files = made(odd, whole(tmp_path / "growth.ipynb"))
    assert "This notebook cannot be shown (UnicodeEncodeError)." in page(files, "odd.html")
    assert "Does it grow?" in page(files, "growth.html")


def test_a_notebook_that_was_not_executed_is_shown_as_such(tmp_path):
    assert "This notebook has not been executed." in page(made(write(tmp_path / "a.ipynb")), "index.html")


def test_a_later_run_that_failed_is_mentioned(tmp_path):
    path = whole(tmp_path / "a.ipynb")
    write(tmp_path / "a.failed.ipynb", code("x"))
    assert "A later run ended without findings. What is shown here is from before." in page(made(path), "a.html")


def test_changed_parameters_are_named(tmp_path):
    html = page(made(whole(tmp_path / "a.ipynb", parameters={"model": "big"})), "index.html")
    assert "Run with <code>model = &#39;big&#39;</code>." in html


def test_names_give_addresses_that_differ(tmp_path):
    paths = [
        tmp_path / folder / f"{name}.ipynb" for folder, name in (("1", "a"), ("2", "A"), ("3", "index"), ("4", "ä b"))
    ]
    files = made(*(whole(path) for path in paths))
    assert {name for name in files if name.endswith(".html")} == {
        "index.html",
        "a.html",
        "A-2.html",
        "index-2.html",
        "b.html",
    }


def test_a_tagged_figure_leads(tmp_path):
    path = whole(tmp_path / "a.ipynb", code("x", figure("blue", "A blue field."), tags=("key-figure",)))
    files = made(path)
    assert 'alt="A blue field."' in page(files, "index.html")
    assert 'alt="A red field."' not in page(files, "index.html")
    assert png("red") in files.values()
