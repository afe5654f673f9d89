import warnings

import numpy as np
import pandas as pd
import pytest

from nbutils.suite import figures as style
from nbutils.video import choice_grid, figures
from nbutils.video.figures.look import clock, shown_name, titled
from nbutils.video.given import NO_CLIPS

DRAWN = {
    "timeline": (lambda t, g: (t.timeline, "Simulation", 0.5), 2),
    "sheet": (lambda t, g: (t.chosen.clips.head(2), g.shown), 1),
    "snapping": (lambda t, g: (t.snapping.clips, t.snapping.means, "Simulation"), 2),
    "contributions": (lambda t, g: (t.dropped, g.shown.truth, "Simulation"), 4),
    "gains": (lambda t, g: (t.trained, "what?", "Simulation"), 1),
    "metrics": (lambda t, g: (t.levels, "Simulation"), 7),
    "released": (lambda t, g: (t.released, "Simulation"), 1),
    "reliability": (lambda t, g: (*t.calibration, "Simulation"), 2),
    "lengths_and_gaps": (lambda t, g: (t.spans, "Simulation"), 2),
}
EMPTY = {
    "snapping": (pd.DataFrame(), "x"),
    "gains": ("what?", "x"),
    "metrics": ("x",),
    "released": ("x",),
    "reliability": (pd.DataFrame(), "x"),
    "lengths_and_gaps": ("x",),
}


def rendered(figure):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style.rendered(figure)
    return figure


@pytest.fixture(autouse=True)
def _style():
    import matplotlib

    with matplotlib.rc_context():
        style.apply_style()
        yield


@pytest.mark.parametrize("name", DRAWN)
def test_figures_are_drawn_and_say_that_they_are_simulated(tables, given, name):
    arguments, panels = DRAWN[name]

    figure = rendered(getattr(figures, name)(*arguments(tables, given)))

    assert len(figure.axes) == panels
    assert figure.get_suptitle().startswith("Simulation: ")


@pytest.mark.parametrize("name", EMPTY)
def test_empty_tables_are_said_to_be_not_measured(name):
    figure = rendered(getattr(figures, name)(pd.DataFrame(), *EMPTY[name]))

    assert figure.texts[0].get_text() == "not measured"


def test_a_sheet_needs_clips_and_a_file(tables, given):
    for clips, shown in (
        (tables.chosen.clips.head(0), given.shown),
        (tables.chosen.clips, given.shown._replace(file=None)),
    ):
        assert figures.sheet(clips, shown).texts[0].get_text() == "not measured"


def test_a_sheet_has_the_size_of_its_pixels(tables, given):
    one, two = (figures.sheet(tables.chosen.clips.head(clips), given.shown) for clips in (1, 2))
    [picture] = two.axes[0].images

    assert np.asarray(picture.get_array()).shape[1] == pytest.approx(two.get_size_inches()[0] * style.PNG_DPI)
    assert two.get_size_inches()[1] > one.get_size_inches()[1]


def test_choices_follow_their_rows(tables, given):
    limits = {"threshold": 0.5, "min_length": 10.0, "max_length": 90.0, "per_minute": None}
    duration = given.shown.features.duration
    grid = choice_grid(tables.candidates, duration, tables.places, "Simulation", **limits, snap_seconds=3.0)
    rows = grid[(grid["threshold"] == 0.5) & (grid["min_length"] == 10) & (grid["per_minute"] == 0.5)]

    figure = rendered(figures.clips_of_choice(rows))

    spans = [patch for patch in figure.axes[0].patches if patch.get_height() == 1]
    assert len(spans) == (rows["kind"] == "clip").sum() > 0
    assert "at most 0.5 a minute" in figure.get_suptitle()


def test_rejected_candidates_are_coloured_by_reason():
    rows = [
        ("score", 0, 40, 0.9, None),
        ("rejected", 0, 5, 0.9, "overlaps clip 1"),
        ("rejected", 5, 6, 0.9, "clip 3: overlaps the better clip at 1-2 s"),
        ("rejected", 6, 9, 0.9, "shorter than 10 s"),
        ("rejected", 9, 12, 0.9, "longer than 90 s"),
        ("rejected", 12, 15, 0.9, "beyond 2 clips a minute"),
        ("rejected", 15, 20, 0.9, "clip 2: no ends within 3 s make it 10 to 90 s long"),
    ]
    table = pd.DataFrame(rows, columns=["kind", "start", "end", "score", "label"])

    figure = rendered(figures.timeline(table, "a.mp4", 0.5))

    [legend] = figure.legends
    assert len([text for text in legend.get_texts() if text.get_text().startswith("rejected: ")]) == 5


def test_a_video_of_one_modality_and_without_annotations_is_drawn(tables):
    whole = tables.dropped[tables.dropped["dropped"] == "nothing"]
    scores = tables.timeline[tables.timeline["kind"] == "score"]

    assert len(rendered(figures.contributions(whole, NO_CLIPS, "a.mp4")).axes) == 1
    assert len(rendered(figures.timeline(scores, "a.mp4", 0.5)).axes) == 2


def test_gains_without_an_interval_are_drawn(tables):
    rendered(figures.gains(tables.modalities.assign(low=np.nan, high=np.nan), "what?", "a.mp4"))
    rendered(figures.metrics(tables.levels.assign(low=np.nan, high=np.nan), "a.mp4"))
    snapped = figures.snapping(tables.snapping.clips, tables.snapping.means.assign(low=np.nan, high=np.nan), "a.mp4")
    assert "nan" not in rendered(snapped).axes[1].get_title()


def test_metrics_stand_between_knowing_nothing_and_everything(tables):
    names = [label.get_text() for label in figures.metrics(tables.levels, "x").axes[0].get_yticklabels()]

    assert names[0] == "scorer"
    assert names[1].startswith("random")
    assert names[-1] == "full oracle"


def test_names_and_times_as_labels():
    assert shown_name("a$b" * 30).startswith(r"a\$b")
    assert titled("how?", "x" * 50) == f"{'x' * 29}…: how?"
    assert [clock(seconds) for seconds in (5, 200, 3800)] == ["0:05", "3:20", "1:03:20"]
