import base64

import pytest

from nbutils.suite.gallery.prose import Prose, Site
from nbutils.suite.gallery.sanitising import MOST_CHARACTERS
from tests.suite.gallery.harms import harms
from tests.suite.gallery.made_notebooks import ATTACKS, png


@pytest.fixture
def site():
    return Site({"other": "other-page.html"})


@pytest.fixture
def prose(site, tmp_path):
    (tmp_path / "notebooks").mkdir()
    return Prose(site, tmp_path / "notebooks")


def test_the_first_heading_is_the_title_and_stays_out(prose):
    html = prose.html("# Does *it* grow, $x^2$?\n\nWords.\n\n# Part\n\n### Deep")
    assert prose.title == "Does it grow, x^2?"
    assert [(heading.level, heading.text) for heading in prose.headings] == [(2, "Part"), (3, "Deep")]
    assert html.startswith("<p>Words.</p>")


def test_anchors_are_jupyters_and_differ(prose):
    prose.html("# T\n## A b?\n## A b?\n## A b? 2\n## content\n## ![](x)")
    assert [heading.anchor for heading in prose.headings][:4] == ["A-b?", "A-b?-2", "A-b?-2-2", "content-2"]
    html = prose.html("## A b?")
    assert 'id="A-b?-3"' in html


def test_links_to_notebooks_become_links_to_their_pages(prose):
    html = prose.html("[a](other.ipynb#Findings) [b](../notebooks/other.ipynb) [c](missing.ipynb) [d](data.csv)")
    assert 'href="other-page.html#Findings"' in html
    assert 'href="other-page.html"' in html
    assert html.count("href") == 2


def test_web_links_are_collected(prose):
    html = prose.html("[A *b*](https://a.example) and https://c.example, [x](#y)")
    assert prose.links == [("https://a.example", "A b"), ("https://c.example", "https://c.example")]
    assert html.count("href") == 3


def test_pictures_beside_the_notebook_become_files(prose, site, tmp_path):
    (tmp_path / "notebooks" / "a b.png").write_bytes(png())
    html = prose.html("![seen](a%20b.png)")
    [(address, content)] = site.files.items()
    assert content == png()
    assert f'src="{address}" alt="seen" width="40" height="20"' in html


def test_attached_pictures_become_files(prose, site):
    html = prose.html("![](attachment:a.png)", {"a.png": {"image/png": base64.b64encode(png()).decode()}})
    assert list(site.files.values()) == [png()]
    assert 'alt="Image without a description"' in html


@pytest.mark.parametrize("address", ["../secret.png", "link.png", "https://a.example/x.png", "none.png", "text.png"])
def test_other_pictures_are_not_fetched(prose, site, tmp_path, address):
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "notebooks" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "notebooks" / "text.png").write_text("no picture")
    assert prose.html(f"![It]({address})") == "<p><em>[It: this picture is not in the gallery]</em></p>\n"
    assert not site.files


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_raw_html_cannot_run(prose, attack):
    assert harms(prose.html(f"# T\n\n{attack}\n\n[press](javascript:attacked()) words {attack}")) == []


def test_text_that_is_too_long_is_shown_as_it_is(prose):
    assert prose.html("*a* <b>" + "x" * MOST_CHARACTERS).startswith("<pre>*a* &lt;b&gt;xxx")


def test_tables_formulas_and_code(prose):
    html = prose.html("| a | b |\n|---|---|\n| 1 | $x$ |\n\n```python\n<b>\n```\n\n$$\ny\n$$")
    assert html.count('<img class="formula"') == 2
    assert "<td>1</td>" in html
    assert "<pre><code>&lt;b&gt;\n</code></pre>" in html
