import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from nbutils.suite import figures


@pytest.fixture(autouse=True)
def _style():
    with matplotlib.rc_context():
        figures.apply_style()
        yield


def panel(size=(7, 4)):
    figure = Figure(figsize=size, layout="constrained")
    return figure.subplots()


def labels(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


def test_figures_are_opaque_white_with_readable_fonts():
    assert matplotlib.rcParams["savefig.facecolor"] == "white"
    sizes = ["font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize", "axes.titlesize"]
    assert min(matplotlib.rcParams[size] for size in sizes) >= 8


@pytest.mark.parametrize(("n", "rows", "columns"), [(1, 1, 1), (4, 1, 4), (5, 2, 4), (10, 3, 4)])
def test_small_multiples_keep_only_the_panels_asked_for(n, rows, columns):
    figure, axes = figures.small_multiples(n)
    assert len(axes) == len(figure.axes) == n
    grid = axes[0].get_subplotspec().get_gridspec()
    assert (grid.nrows, grid.ncols) == (rows, columns)


def test_the_lowest_panel_of_each_column_carries_x_labels():
    figure, axes = figures.small_multiples(6, columns=4)
    figure.draw_without_rendering()
    visible = [any(label.get_visible() for label in ax.get_xticklabels()) for ax in axes]
    assert visible == [False, False, True, True, True, True]


def test_small_multiples_need_a_panel():
    with pytest.raises(ValueError, match="at least one panel"):
        figures.small_multiples(0)


@pytest.mark.parametrize("experts", [1, 8, 9, 64, 257])
def test_a_heatmap_of_many_experts_has_few_tick_labels(experts):
    ax = panel()
    figures.heatmap(ax, np.zeros((3, experts)), x_label="expert", y_label="layer")
    assert 1 <= len(labels(ax.xaxis)) <= 8
    assert labels(ax.yaxis) == ["0", "1", "2"]


def test_tick_names_stay_with_their_column():
    ax = panel()
    figures.heatmap(ax, np.zeros((1, 20)), x_names=[f"e{i}" for i in range(20)])
    assert dict(zip(ax.get_xticks(), labels(ax.xaxis), strict=True))[6] == "e6"


def test_numbers_stand_in_a_small_matrix_only():
    small, large = panel(), panel()
    figures.heatmap(small, [[0.25, np.nan], [1.0, 0.0]])
    figures.heatmap(large, np.zeros((8, 64)))
    assert [text.get_text() for text in small.texts] == ["0.25", "1.00", "0.00"]
    assert not large.texts


def test_numbers_never_stand_in_cells_too_narrow_for_them():
    ax = panel(size=(2, 2))
    figures.heatmap(ax, np.zeros((8, 8)))
    assert not ax.texts


def test_numbers_contrast_with_their_cell():
    ax = panel()
    figures.heatmap(ax, [[0.0, 1.0]])
    assert [text.get_color() for text in ax.texts] == ["white", "black"]


def test_the_colour_bar_says_what_colour_means():
    ax = panel()
    image = figures.heatmap(ax, np.eye(2), colour_label="share", vmin=0, vmax=2)
    assert image.colorbar.ax.get_ylabel() == "share"
    assert image.get_clim() == (0, 2)


@pytest.mark.parametrize("matrix", [[], [1.0, 2.0], np.zeros((0, 3))])
def test_a_heatmap_needs_a_matrix(matrix):
    with pytest.raises(ValueError, match="at least one cell"):
        figures.heatmap(panel(), matrix)


def test_a_reference_line_carries_its_label_above_it():
    ax = panel()
    ax.set(xlim=(0, 10), ylim=(0, 10))
    figures.reference_line(ax, 4, "chance")
    ax.figure.draw_without_rendering()
    chance = ax.texts[0].get_window_extent()
    assert 0 < chance.y0 - ax.transData.transform((0, 4))[1] < 12
    assert chance.x1 <= ax.bbox.x1
