import pytest

from nbutils.suite.gallery.sanitising import MOST_CHARACTERS, cleaner, sanitised
from tests.suite.gallery.harms import harms
from tests.suite.gallery.made_notebooks import ATTACKS

CLEANER = cleaner({"page.html", "assets/a.png"}.__contains__)


def clean(html: str) -> str:
    return str(sanitised(html, CLEANER))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_nothing_runs_loads_or_covers(attack):
    assert harms(clean(attack)) == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>a <b>bold</b> <em>word</em><br>and <code>x &lt; y</code></p>",
        '<a href="https://arxiv.org/abs/1" title="t">paper</a>',
        '<a href="mailto:a@b.c">write</a><a href="#below">below</a><a href="page.html#part">page</a>',
        '<img src="assets/a.png" alt="a" width="3" height="4">',
        '<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="a">',
        '<p style="text-align:right;">words</p>',
        '<ol start="3"><li>three</li></ol><details open><summary>more</summary>words</details>',
    ],
)
def test_what_can_be_read_stays(html):
    assert clean(html) == html


def test_scripts_and_style_sheets_go_with_their_content():
    assert clean("a<style>p {}</style>b<script>c()</script>d<script>never closed") == "abd"


def test_colours_of_one_scheme_go():
    assert clean('<p style="color: black; background: white; font-weight: bold">w</p>') == (
        '<p style="font-weight: bold;">w</p>'
    )


def test_an_image_without_a_description_says_so():
    assert 'alt="Image without a description"' in clean('<img src="assets/a.png">')


@pytest.mark.parametrize("address", ["other.html", "../page.html", "/etc/passwd", "file:///etc/passwd", "page.html/x"])
def test_relative_links_lead_to_pages_of_the_gallery_only(address):
    assert clean(f'<a href="{address}">x</a>') == "<a>x</a>"


def test_a_table_scrolls_by_itself():
    html = clean("<table><thead><tr><th>a</th></tr></thead><tbody><tr><td colspan=2>1</td></tr></tbody></table>")
    assert html.startswith('<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>')
    assert html.endswith('<td colspan="2">1</td></tr></tbody></table></div>')


def test_html_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match=f"more than {MOST_CHARACTERS} characters"):
        clean("x" * (MOST_CHARACTERS + 1))
