"""The gallery's pages in a browser: whole, quiet, narrow enough, legible in both schemes, and without scripts."""

from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from nbformat.v4 import new_output

from nbutils.suite import project
from nbutils.suite.findings import read_findings
from nbutils.suite.gallery.discovery import Sources
from nbutils.suite.gallery.publishing import publish
from nbutils.suite.gallery.site import gallery
from tests.suite.gallery.made_notebooks import caption, code, display, figure, hostile, png, whole

NARROW = {"width": 390, "height": 844}
LEAST_CONTRAST = 4.5

IMAGES = "[...document.images].map(i => ({src: i.src, alt: i.alt, loaded: i.complete && i.naturalWidth > 0}))"
LINKS = "[...document.links].map(a => a.href)"
IDS = "[...document.querySelectorAll('[id]')].map(e => e.id)"
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
# Text that reaches out of the page and cannot be scrolled to, because no box around it scrolls.
CUT_OFF = """[...document.querySelectorAll('main *, header *')].filter(e =>
    e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest('.scroll, pre, .picture')
).map(e => e.outerHTML.slice(0, 80))"""
CONTRASTS = """() => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = rgb => rgb.slice(0, 3).map(v => v / 255)
        .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const background = e => {
        for (; e; e = e.parentElement) {
            const colour = numbers(getComputedStyle(e).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
    };
    document.querySelectorAll('details').forEach(e => e.open = true);
    return [...document.querySelectorAll('body *')]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
        .map(e => {
            const [a, b] = [luminance(numbers(getComputedStyle(e).color)), luminance(background(e))];
            return {text: e.textContent.trim().slice(0, 40), ratio: (Math.max(a, b) + .05) / (Math.min(a, b) + .05)};
        });
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A gallery of the committed notebooks, a sweep, and notebooks that are wide, long, broken or hostile."""
    folder = tmp_path_factory.mktemp("gallery")
    wide = "<table><tr>" + "<td>0.123456</td>" * 60 + "</tr></table>"
    words = [figure(size=(3000, 80)), caption("A *wide* one, with `" + "x" * 200 + "` and $x^2$.")]
    table = display({"text/html": wide})
    long = new_output("stream", name="stderr", text="warning " * 100)
    notebooks = [
        *project.notebooks().values(),
        whole(folder / "wide.ipynb", code("y = " + "1 + " * 99 + "1", *words, table, long), title="# " + "Wide" * 30),
        hostile(folder / "hostile.ipynb"),
        folder / "broken.ipynb",
    ]
    (folder / "broken.ipynb").write_text("{")
    made = gallery(Sources(notebooks, [sweep(folder / "a-sweep")]), allow_scripts=False)
    publish(folder / "site", made.files)
    return folder / "site"


def sweep(folder):
    """Write the tables of a sweep of one run."""
    (folder / "figures").mkdir(parents=True)
    findings = read_findings(next(iter(project.notebooks().values())))["findings"]
    table = pd.DataFrame([{"run": "r", "status": "ok", "seed": 1, "low": 0.1, "high": 0.2, **row} for row in findings])
    table.drop(columns="interval").astype({"paper": "str"}).to_parquet(folder / "findings.parquet")
    runs = [{"run": "r", "status": "ok", "seed": 1, "error": None, "seconds": 2.5, "attempts": 1}]
    pd.DataFrame(runs).to_parquet(folder / "runs.parquet")
    (folder / "figures" / "by_seed.png").write_bytes(png(size=(900, 300)))
    return folder


@pytest.fixture
def visit(page, site):
    """Visits every page in turn and checks that it is quiet and loads nothing but files of the gallery."""

    def pages(colour_scheme="light", viewport=None):
        said, requested = [], []
        page.emulate_media(color_scheme=colour_scheme)
        page.set_viewport_size(viewport or {"width": 1280, "height": 900})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: requested.append(request.url))
        for path in sorted(site.glob("*.html")):
            page.goto(path.as_uri())
            yield path.name
        assert said == []
        assert [url for url in requested if not url.startswith((site.as_uri() + "/", "data:image/svg+xml"))] == []

    return pages


def test_images_load_and_are_described(visit, page):
    for name in visit():
        for image in page.evaluate(IMAGES):
            assert image["alt"].strip(), (name, image)
            # The notebook's own vector picture holds nothing but an attack.
            assert image["loaded"] or image["src"].startswith("data:"), (name, image)


def test_links_lead_to_something(visit, page, site):
    ids, links = {}, set()
    for name in visit():
        ids[name] = page.evaluate(IDS)
        assert len(ids[name]) == len(set(ids[name]))
        links |= {(name, link) for link in page.evaluate(LINKS)}
    for name, link in links:
        parts = urlsplit(link)
        if parts.scheme == "file":
            target = site / unquote(parts.path).removeprefix(f"{site}/")
            assert target.is_file(), (name, link)
            assert not parts.fragment or unquote(parts.fragment) in ids[target.name], (name, link)
        else:
            assert parts.scheme == "https"


def test_a_narrow_screen_scrolls_downwards_only(visit, page):
    for name in visit(viewport=NARROW):
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        needed, available = page.evaluate(WIDTHS)
        assert needed <= available == NARROW["width"], name
        assert page.evaluate(CUT_OFF) == [], name


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_all_text_is_legible(visit, page, colour_scheme):
    backgrounds = set()
    for name in visit(colour_scheme):
        faint = [text for text in page.evaluate(CONTRASTS) if text["ratio"] < LEAST_CONTRAST]
        assert faint == [], name
        backgrounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    [background] = backgrounds
    assert (background == "rgb(23, 24, 26)") == (colour_scheme == "dark")


def test_the_keyboard_reaches_everything(visit, page):
    for name in visit():
        order = []
        for _ in range(3):
            page.keyboard.press("Tab")
            order.append(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
        assert 'class="skip"' in order[0], name
        assert len(set(order)) == 3, name
        unreachable = (
            "[...document.querySelectorAll('a[href], summary, .scroll, pre')].filter(e => e.tabIndex < 0).length"
        )
        assert page.evaluate(unreachable) == 0, name


def test_findings_unfold_without_a_mouse(page, site):
    page.goto((site / "index.html").as_uri())
    page.locator("summary").first.focus()
    assert not page.locator("table.findings").first.is_visible()
    page.keyboard.press("Enter")
    assert page.locator("table.findings").first.is_visible()
