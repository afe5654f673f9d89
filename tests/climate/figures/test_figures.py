import warnings

import numpy as np
import pandas as pd
import pytest

from nbutils.climate import figures
from nbutils.climate.figures.look import titled

FIGURES = {
    "responses": (["curves", "thresholds"], 3),
    "existence": (["thresholds"], 1),
    "forest": (["thresholds", "planted"], 3),
    "ranked": (["thresholds"], 1),
    "recovered": (["recovered"], 1),
    "models": (["choice"], 4),
    "skill": (["skill"], 1),
    "calendar_map": (["calendar"], 4),
    "ranges": (["ranges"], 2),
}


def saved(figure, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(folder / "figure.png")
    return figure


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn(tables, name, tmp_path):
    given, panels = FIGURES[name]

    figure = saved(getattr(figures, name)(*(tables[table] for table in given)), tmp_path)

    assert len(figure.axes) == panels
    assert "simul" in figure.get_suptitle().casefold()


def test_back_cast_and_extremes_are_drawn(tables, tmp_path):
    back_cast, extremes = tables["back_cast"], tables["extremes"]

    assert len(saved(figures.back_cast(back_cast.cast, tables["cast_skill"]), tmp_path).axes) == 2
    assert len(saved(figures.extremes_by_year(extremes.by_year), tmp_path).axes) == 2
    assert len(saved(figures.extreme_trends(extremes.trends), tmp_path).axes) == 2


@pytest.mark.parametrize("name", ["recovered", "skill", "calendar_map", "ranges", "extremes_by_year", "extreme_trends"])
def test_empty_tables_are_said_to_be_not_measured(name):
    figure = getattr(figures, name)(pd.DataFrame())

    assert figure.texts[0].get_text() == "not measured"


def test_the_planted_temperature_stands_at_its_place(tables):
    panel = figures.forest(tables["thresholds"], tables["planted"]).axes[0]  # the total comes first

    planted = [line for line in panel.lines if line.get_label() == "planted (simulation)"]
    assert sorted(float(line.get_xdata()[0]) for line in planted) == [14.9, 18.4]


def test_published_temperatures_are_of_real_countries_only(tables):
    rows = tables["thresholds"].query("country == 'simulated US'")

    def stars(table):
        return [line for line in figures.forest(table, tables["planted"]).axes[0].lines if line.get_marker() == "*"]

    assert not stars(rows)
    assert [star.get_xdata()[0] for star in stars(rows.assign(country="US"))] == [14.9]


def test_series_are_ranked_by_their_breakpoint(tables):
    panel = figures.ranked(tables["thresholds"]).axes[0]

    found = tables["thresholds"].query("definition == 'breakpoint'").dropna(subset=["tc"])
    assert len(panel.get_yticklabels()) == len(found)
    drawn = panel.containers[0].lines[0]
    order = np.argsort(drawn.get_ydata())
    assert (np.diff(np.asarray(drawn.get_xdata())[order]) >= 0).all()


def test_many_countries_are_cut_and_said_so(tables, tmp_path):
    one = tables["thresholds"].query("country == 'simulated US'")
    many = pd.concat([one.assign(country=f"land {number:02}") for number in range(15)])

    figure = saved(figures.forest(many, pd.DataFrame()), tmp_path)

    assert "the first 12 of 15" in figure.get_suptitle()
    assert len(figures.ranked(many).axes[0].get_yticklabels()) == 15 * one["sector"].nunique()


def test_titles_tell_simulated_from_real_series():
    simulated, real = pd.DataFrame({"country": ["simulated US"]}), pd.DataFrame({"country": ["US"]})

    assert titled("Every day", simulated) == "Simulation: every day"
    assert titled("Every day", real) == "Every day"
    assert titled("Every day", pd.concat([simulated, real])) == "Simulated and real series: every day"
