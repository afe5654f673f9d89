import re
import xml.etree.ElementTree as ElementTree

import pytest

from nbutils.suite.gallery.formulas import formula


@pytest.mark.parametrize("tex", ["x", "x_1^2", r"\frac{a}{b} \geq 0.5", "\\sum_{i=1}^n\n\\hat{x}_i", r"\text{if } x"])
def test_a_formula_is_a_picture_with_its_tex_as_description(tex):
    files = {}
    html = formula(tex, files)
    [(address, svg)] = files.items()
    assert f'src="{address}"' in html
    [path] = ElementTree.fromstring(svg)
    assert path.attrib["d"].startswith("M")


def test_the_description_is_escaped():
    assert 'alt="a &lt; b"' in formula("a < b", {})


def test_what_hangs_below_the_line_is_hung_there():
    depth = {tex: float(re.search(r"vertical-align: (-?[\d.]+)em", formula(tex, {}))[1]) for tex in ("x", "x_{y_g}")}
    assert depth["x_{y_g}"] < depth["x"] <= 0


@pytest.mark.parametrize(
    "tex",
    ["", " ", r"\begin{aligned}a\end{aligned}", "{" * 3000, r"\frac{" * 300 + "x" + "}{y}" * 300, "a$b", "x" * 3000],
)
def test_what_cannot_be_drawn_stays_tex(tex):
    files = {}
    assert formula(tex, files).startswith("<code>")
    assert not files


def test_the_same_formula_is_stored_once():
    files = {}
    assert formula("x^2", files) == formula("x^2", files)
    assert len(files) == 1
