"""An explorer without a browser: a figure as any other, and sliders where a Jupyter server started the kernel."""

import base64

import pandas as pd
import pytest
from matplotlib.figure import Figure

from nbutils.suite import explore, interactive

TABLE = pd.DataFrame({"model": ["<a>", "<a>", "b"], "layer": [3, 1, 1], "value": [1.0, 2.0, 3.0]})
WIDGET = "application/vnd.jupyter.widget-view+json"


def figure_of(rows):
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot(rows["value"], rows["value"], "o")
    return figure


def caption_of(rows):
    return f"{'/'.join(rows['model'])} {rows['value'].tolist()}"


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, headless: pairs of data and metadata."""
    outputs = []

    def display(data, metadata=None, raw=False):
        outputs.append((data, metadata))

    monkeypatch.setattr("nbutils.suite.figure_output.display", display)
    monkeypatch.setattr(interactive, "display", display)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return outputs


@pytest.fixture
def boxes(shown, monkeypatch):
    """The explorers that are made in a kernel of JupyterLab."""
    ipywidgets = pytest.importorskip("ipywidgets")
    made = []

    class Box(ipywidgets.VBox):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(ipywidgets, "VBox", Box)
    monkeypatch.setenv("JPY_SESSION_NAME", "norms.ipynb")
    return made


def test_headless_it_is_the_same_figure_every_time_and_no_widget(shown):
    explore(TABLE, figure_of, caption_of, "layer")
    explore(TABLE, figure_of, caption_of, "layer")

    (image, metadata), (caption, _) = shown[:2]
    assert shown[2:] == shown[:2]
    assert set(image) == {"image/png", "text/plain"}
    assert base64.b64decode(image["image/png"]).startswith(b"\x89PNG")
    assert metadata == {"image/png": {"alt": "<a> [1.0]"}}
    assert caption["text/markdown"] == "<a> [1.0]"


def test_the_picture_follows_the_slider(shown, boxes):
    explore(TABLE, figure_of, caption_of, "layer")

    [box], [(output, _)] = boxes, shown
    slider, picture = box.children
    assert slider.description == "layer"
    assert [label for label, _ in slider.options] == ["3", "1"]
    assert set(output) == {WIDGET, "image/png", "text/plain"}
    first = picture.value
    assert output["image/png"] in first
    slider.value = 1
    assert picture.value != first
    assert '<img alt="&lt;a&gt;/b [2.0, 3.0]"' in picture.value
    slider.value = 3
    assert picture.value == first


def test_several_sliders_pick_together_and_say_where_there_is_nothing(boxes):
    explore(TABLE, figure_of, caption_of, "model", "layer")

    model, layer, picture = boxes[0].children
    model.value = "b"
    assert picture.value == "The table has no rows with model b and layer 3."
    layer.value = 1
    assert "b [3.0]" in picture.value


def test_text_of_the_user_is_text(boxes):
    explore(TABLE.assign(model='"><script>'), figure_of, caption_of, "layer")
    assert "<script>" not in boxes[0].children[-1].value


def test_one_value_needs_no_slider(shown, boxes):
    explore(TABLE[TABLE["layer"] == 1], figure_of, caption_of, "layer")
    assert boxes == []
    assert "image/png" in shown[0][0]


def test_an_empty_table_and_a_column_that_is_not_there_are_named():
    with pytest.raises(ValueError, match="nothing to explore"):
        explore(TABLE[:0], figure_of, caption_of, "layer")
    with pytest.raises(ValueError, match="no column 'layers'; did you mean 'layer'"):
        explore(TABLE, figure_of, caption_of, "layers")
