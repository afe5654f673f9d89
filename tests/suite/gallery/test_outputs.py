import base64
from pathlib import Path

import pytest
from nbformat.v4 import new_output

from nbutils.suite.gallery.outputs import MOST_TEXT, Figure, Findings, Html, Note, Text, blocks
from nbutils.suite.gallery.prose import Prose, Site
from tests.suite.gallery.harms import harms
from tests.suite.gallery.made_notebooks import ATTACKS, FINDINGS, caption, display, figure, findings, png

WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "HBox(...)"}


@pytest.fixture
def site():
    return Site({})


def shown(site, *outputs):
    return blocks(outputs, site, Prose(site, Path("none")), "under “Part”")


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def test_a_picture_has_its_description_and_the_words_below_as_caption(site):
    [block] = shown(site, figure(alt="A <red> field."), caption("It is *red*."))
    assert block.alt == "A <red> field."
    assert block.caption == "<p>It is <em>red</em>.</p>\n"
    assert site.files[block.picture.address] == png()
    assert (block.picture.width, block.picture.height) == (40, 20)


def test_a_picture_without_a_description_says_where_it_is(site):
    [block] = shown(site, figure(alt=None))
    assert block.alt == "Figure without a description, under “Part”"


def test_only_the_first_words_are_the_caption(site):
    first, second = shown(site, figure(), caption("one"), caption("two"))
    assert first.caption == "<p>one</p>\n"
    assert second == Html("<p>two</p>\n")


def test_the_same_picture_is_stored_once(site):
    shown(site, figure(), figure(), figure("blue"))
    assert len(site.files) == 2


@pytest.mark.parametrize("content", ["no base64!", base64.b64encode(b"no picture").decode(), ""])
def test_a_damaged_picture_is_said_to_be(site, content):
    assert shown(site, display({"image/png": content})) == [Note("A picture that is damaged.")]


def test_a_vector_picture_never_becomes_a_file(site):
    [block] = shown(site, display({"image/svg+xml": "<svg onload='attacked()'/>"}))
    assert isinstance(block, Figure)
    assert block.picture.address.startswith("data:image/svg+xml;base64,")
    assert not site.files


def test_findings_are_not_taken_from_the_html(site):
    assert shown(site, findings(*FINDINGS)) == [Findings()]


def test_text_loses_colours_and_joins_its_stream(site):
    outputs = (stream("a\x1b[31mb\x1b[0m\n"), stream("c\x07"), stream("d", "stderr"))
    assert shown(site, *outputs) == [Text("ab\nc"), Text("d", is_error=True)]


def test_long_text_is_cut_and_says_so(site):
    [block] = shown(site, stream("x" * (MOST_TEXT + 5)))
    assert block.text.endswith("x\n[5 more characters]\n")


def test_an_error_shows_its_traceback_without_colours(site):
    error = new_output("error", ename="ValueError", evalue="no", traceback=["\x1b[31mTrace\x1b[0m", "ValueError: no"])
    assert shown(site, error) == [Text("Trace\nValueError: no", is_error=True)]


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_html_cannot_run(site, attack):
    for block in shown(site, display({"text/html": attack, "text/plain": "plain"})):
        assert block == Text("plain") or harms(block.html) == []


def test_html_of_which_nothing_is_left_gives_way_to_text(site):
    data = {"text/html": "<script>draw()</script>", "text/plain": "a plot"}
    assert shown(site, display(data)) == [Text("a plot")]
    [note] = shown(site, display({"text/html": "<script>draw()</script>"}))
    assert note.text == "HTML of which nothing is left without its scripts."


def test_html_that_is_too_long_gives_way_to_text(site):
    long = "<b>" + "x" * 200_000
    assert shown(site, display({"text/html": long, "text/plain": "x"})) == [Text("x")]
    [note] = shown(site, display({"text/html": long}))
    assert "more than 100000 characters" in note.text


def test_pictures_inside_of_html_become_files(site):
    encoded = base64.b64encode(png()).decode()
    [block] = shown(site, display({"text/html": f'<img alt="red" src="data:image/png;base64,{encoded}">'}))
    [(address, content)] = site.files.items()
    assert content == png()
    assert block == Html(f'<img alt="red" src="{address}">')


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (WIDGET, "An interactive control"),
        ({"application/javascript": "draw()"}, "JavaScript, which the gallery does not run"),
        ({"application/x-strange": "y"}, "An output of the kind application/x-strange"),
        ({}, "An output of the kind that is empty"),
    ],
)
def test_what_cannot_be_shown_is_named(site, data, start):
    [note] = shown(site, display(data))
    assert note.text.startswith(start)


def test_a_formula_is_drawn(site):
    [block] = shown(site, display({"text/latex": "$x^2$", "text/plain": "x**2"}))
    assert block.html.startswith('<img class="formula" alt="x^2"')


@pytest.mark.parametrize(
    ("data", "html"),
    [
        ({"text/html": "<script>draw()</script>", "image/png": "x"}, "<script>draw()</script>"),
        ({"application/javascript": "draw()"}, "<script>draw()</script>"),
        ({"image/svg+xml": "<svg onload='draw()'/>"}, "<svg onload='draw()'/>"),
    ],
)
def test_scripts_stay_where_they_are_allowed(data, html):
    assert shown(Site({}, allow_scripts=True), display(data)) == [Html(html)]
