import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from nbutils.suite import figures as style
from nbutils.suite.sweep.figures import figures_by_parameter
from nbutils.suite.sweep.records import Run
from nbutils.suite.sweep.tables import findings_table, parameter_columns


@pytest.fixture(autouse=True)
def _style():
    with matplotlib.rc_context(style.STYLE):
        yield


@pytest.fixture
def draw(make_record):
    def draw(grid, findings):
        """Draw a sweep over `grid` (name -> values) in which each run has the findings `findings(parameters)`."""
        combinations = itertools.product(*grid.values())
        runs = [Run(name=f"r{i}", parameters=dict(zip(grid, each, strict=True))) for i, each in enumerate(combinations)]
        records = {run.name: make_record(run, findings=findings(run.parameters)) for run in runs}
        return figures_by_parameter(findings_table(runs, records), parameter_columns(runs))

    return draw


def finding(claim="it grows", measured=1.0, **changes):
    return {"claim": claim, "quantity": "q", "measured": measured, "verdict": "holds"} | changes


def panels(figure):
    return [axes.get_title().replace("\n", " ") for axes in figure.axes]


def points(axes):
    """Return where something is marked, a finding or its null."""
    drawn = [dots.get_offsets() for dots in axes.collections if isinstance(dots, PathCollection)]
    return sorted({(float(x), float(y)) for offsets in drawn for x, y in np.asarray(offsets)})


def lines(axes, linestyle):
    return [line for line in axes.lines if line.get_linestyle() == linestyle]


def test_there_is_one_figure_for_each_parameter_that_varies(draw):
    assert list(draw({"count": [1, 2], "seed": [0], "label": ["a", "b"]}, lambda _: [finding()])) == [
        "by_count",
        "by_label",
    ]


def test_each_claim_is_a_panel_and_what_was_not_measured_is_none(draw):
    untested = {"claim": "none", "quantity": "q", "verdict": "not testable here", "reason": "no GPU"}
    figure = draw({"count": [1, 2]}, lambda _: [finding("one"), finding("two"), untested])["by_count"]
    assert panels(figure) == ["one", "two"]


def test_nothing_measured_is_no_figure(draw):
    assert draw({"count": [1, 2]}, lambda _: []) == {}


def test_a_number_stands_at_its_value(draw):
    figure = draw({"count": [3, 1, 2]}, lambda p: [finding(measured=10 * p["count"])])["by_count"]
    assert points(figure.axes[0]) == [(1, 10), (2, 20), (3, 30)]
    (line,) = lines(figure.axes[0], "-")
    assert list(line.get_xdata()) == [1, 2, 3]
    assert figure.axes[0].get_xscale() == "linear"


@pytest.mark.parametrize(("values", "scale"), [([1, 29], "linear"), ([1, 100], "log"), ([0, 100], "linear")])
def test_numbers_far_apart_get_a_log_scale(draw, values, scale):
    assert draw({"count": values}, lambda _: [finding()])["by_count"].axes[0].get_xscale() == scale


@pytest.mark.parametrize("values", [["b", "a"], [True, False], [None, 3]])
def test_categories_stand_in_the_grids_order(draw, values):
    figure = draw({"x": values}, lambda p: [finding(measured=1.0 + values.index(p["x"]))])["by_x"]
    assert points(figure.axes[0]) == [(0, 1), (1, 2)]
    assert len(figure.axes[0].get_xticks()) == 2


def test_a_claim_that_names_the_swept_model_is_one_panel(draw):
    grid = {"model": ["moe", "lab/moe-large", "./x/moe@step1"]}
    figures = draw(grid, lambda p: [finding(f"{p['model'].rpartition('/')[2]}: it grows, more than rmoe")])
    assert panels(figures["by_model"]) == ["[model]: it grows, more than rmoe"]


def test_other_parameters_are_told_by_colour(draw):
    grid = {"count": [1, 2], "label": ["a", "b"]}
    figure = draw(grid, lambda p: [finding(measured=p["count"] + 5.0 * (p["label"] == "b"))])["by_count"]
    assert [line.get_color() for line in lines(figure.axes[0], "-")] == list(style.COLOURS[:2])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["label=a", "label=b", "holds"]


def test_a_colour_is_one_group_in_all_panels_and_all_have_one_x_axis(draw):
    def findings(parameters):
        only_b = [finding("two")] if parameters["label"] == "b" and parameters["count"] == 2 else []
        return [finding("one"), *only_b]

    one, two = draw({"count": [1, 2], "label": ["a", "b"]}, findings)["by_count"].axes
    assert two.get_xlim() == one.get_xlim()
    (dots,) = [dots for dots in two.collections if isinstance(dots, PathCollection) and len(dots.get_offsets())]
    assert to_hex(dots.get_facecolor()[0]).upper() == style.COLOURS[1]


def test_more_groups_than_colours_are_one_without_lines(draw):
    figure = draw({"count": [1, 2], "seed": list(range(8))}, lambda p: [finding(measured=1.0 + p["seed"])])["by_count"]
    assert lines(figure.axes[0], "-") == []
    assert len(points(figure.axes[0])) == 16
    assert figure.legends[0].get_texts()[0].get_text() == "all values of seed"


def test_intervals_null_and_paper_are_drawn(draw):
    values = {1: (0.5, 2.0), 2: (0.8, 1.5)}
    figure = draw({"count": [1, 2]}, lambda p: [finding(interval=values[p["count"]], null=0.1, paper=0.3)])["by_count"]
    (bars,) = [collection for collection in figure.axes[0].collections if hasattr(collection, "get_segments")]
    assert [[tuple(end) for end in segment] for segment in bars.get_segments()] == [
        [(1, 0.5), (1, 2.0)],
        [(2, 0.8), (2, 1.5)],
    ]
    assert [line.get_ydata()[0] for line in lines(figure.axes[0], "--")] == [0.1]
    assert [line.get_ydata()[0] for line in lines(figure.axes[0], ":")] == [0.3]


def test_a_null_that_differs_is_drawn_at_each_point(draw):
    axes = draw({"count": [1, 2]}, lambda p: [finding(measured=5.0, null=float(p["count"]))])["by_count"].axes[0]
    assert lines(axes, "--") == []
    assert {(1, 1), (2, 2)} <= set(points(axes))


def test_many_claims_are_several_figures(draw):
    figures = draw({"count": [1, 2]}, lambda _: [finding(f"claim {i}") for i in range(13)])
    assert {name: len(figure.axes) for name, figure in figures.items()} == {"by_count_1": 12, "by_count_2": 1}


def test_the_same_sweep_gives_the_same_bytes(draw):
    def drawn():
        return style.rendered(draw({"label": ["a", "b"]}, lambda _: [finding(interval=(0, 2))])["by_label"])

    assert drawn() == drawn()
