import pytest
from nbformat.v4 import new_markdown_cell, new_raw_cell

from nbutils.suite.gallery.notebook_page import Code, notebook_page
from nbutils.suite.gallery.prose import Site
from nbutils.suite.gallery.reading import read
from tests.suite.gallery.made_notebooks import code, figure, png, whole, write


@pytest.fixture
def page_of(tmp_path):
    site = Site({})

    def made(path):
        return notebook_page(read(path), path.stem, "a.html", None, site), site

    return made


def test_what_a_page_shows(tmp_path, page_of):
    page, site = page_of(whole(tmp_path / "a.ipynb"))
    assert page.title == "Does it grow?"
    assert page.papers == [("https://arxiv.org/abs/2401.00001", "Someone, 2024")]
    assert [heading.text for heading in page.headings] == ["A picture", "Findings"]
    assert " ".join(block.kind for block in page.blocks) == "html code html code figure html code findings"
    assert page.counts == {"holds": 1, "fails": 1, "not testable here": 1}
    assert site.files[page.key_figure.picture.address] == png()


def test_the_first_picture_is_the_key_figure_unless_another_is_tagged(tmp_path, page_of):
    tagged = code("x", figure("blue"), tags=("key-figure",))
    page, site = page_of(whole(tmp_path / "a.ipynb", code("x", figure("green")), tagged, code("x", figure("black"))))
    assert site.files[page.key_figure.picture.address] == png("blue")


def test_only_the_links_beside_the_title_are_papers(tmp_path, page_of):
    cells = [
        new_markdown_cell("# T\n[a](https://a.example) [b](https://a.example)"),
        new_markdown_cell("https://c.example"),
    ]
    page, _ = page_of(write(tmp_path / "a.ipynb", *cells))
    assert page.papers == [("https://a.example", "b")]


def test_without_a_heading_the_name_is_the_title(tmp_path, page_of):
    page, _ = page_of(write(tmp_path / "a.ipynb", new_markdown_cell("words"), new_raw_cell("raw"), code(" ")))
    assert page.title == "a"
    assert [block.kind for block in page.blocks] == ["html"]
    assert page.key_figure is None


def test_code_is_coloured_numbered_and_escaped(tmp_path, page_of):
    page, _ = page_of(write(tmp_path / "a.ipynb", code("x = '<b>'  # why", number=7)))
    [block] = page.blocks
    assert isinstance(block, Code)
    assert (block.number, block.name) == (7, "Code")
    assert "&lt;b&gt;" in block.html
    assert '<span class="c1"># why</span>' in block.html


def test_code_of_an_unknown_language_is_text(tmp_path, page_of):
    path = write(tmp_path / "a.ipynb", code("x = 1"))
    path.write_text(path.read_text().replace('"language": "python"', '"language": "<nosuch>"'))
    page, _ = page_of(path)
    assert page.blocks[0].html.strip() == "x = 1"


def test_injected_parameters_do_not_tell_where_the_results_are(tmp_path, page_of):
    one, none = (
        code(f"# Parameters\n{line}output_dir = '/home/me/results'\n", tags=("injected-parameters",))
        for line in ("count = 5\n", "")
    )
    page, _ = page_of(write(tmp_path / "a.ipynb", one, none))
    assert [(block.name, block.html.striptags().strip()) for block in page.blocks] == [("Parameters", "count = 5")]
