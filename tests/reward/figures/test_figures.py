import warnings

import numpy as np
import pandas as pd
import pytest

from nbutils.reward import captions, figures
from nbutils.reward.figures.ranked import most_changed


def drawn(tables, data, name):
    """A figure, its caption, and the words that must be in the caption."""
    given = data["Given"].pairs
    tell = tables["warnings"]
    return {
        "reward_by_characteristic": lambda: (
            figures.reward_by_characteristic(given, tables["curves"], "Given"),
            captions.reward_by_characteristic(tables["curves"], "Given"),
        ),
        "after_calibration": lambda: (
            figures.after_calibration(tables["curves"], "Given"),
            captions.after_calibration(tables["curves"], "Given"),
        ),
        "planted_bias": lambda: (
            figures.planted_bias(tables["planted"], 14),
            captions.planted_bias(tables["planted"]),
        ),
        "accuracy_by_subset": lambda: (
            figures.accuracy_by_subset(tables["accuracies"], "Given"),
            captions.accuracy_by_subset(tables["accuracies"], "Given"),
        ),
        "section_gains": lambda: (
            figures.section_gains(tables["sections"]),
            captions.section_gains(tables["sections"]),
        ),
        "gain_forest of one": lambda: (
            figures.gain_forest(tables["gains"]["Given"], "Given"),
            captions.gain_forest(tables["gains"]["Given"], tell, "Given"),
        ),
        "gain_forest of many": lambda: (
            figures.gain_forest(tables["gains"]["Simulation"], "Simulation"),
            captions.gain_forest(tables["gains"]["Simulation"], tell, "Simulation"),
        ),
        "chosen_longer": lambda: (figures.chosen_longer(tell), captions.chosen_longer(tell)),
        "gain_by_association": lambda: (
            figures.gain_by_association(tables["associations"]),
            captions.gain_by_association(tables["associations"]),
        ),
        "gain_by_setting": lambda: (
            figures.gain_by_setting(tables["settings"], 0.5, 1.0),
            captions.gain_by_setting(tables["settings"]),
        ),
        "removed_biases": lambda: (
            figures.removed_biases(tables["removal"]),
            captions.removed_biases(tables["removal"]),
        ),
        "reliability_diagrams": lambda: (
            figures.reliability_diagrams(tables["reliability"], "Given"),
            captions.reliability_diagrams(tables["probabilities"], "Given"),
        ),
        "agreement_with_ratings": lambda: (
            figures.agreement_with_ratings(tables["correlations"], "Simulation"),
            captions.agreement_with_ratings(tables["correlations"], "Simulation"),
        ),
        "order_of_models": lambda: (
            figures.order_of_models(tables["win_rates"], "Simulation"),
            captions.order_of_models(tables["win_rates"], "Simulation"),
        ),
    }[name]()


# Panels, colour bars among them.
PANELS = {
    "reward_by_characteristic": 2,
    "after_calibration": 2,
    "planted_bias": 12,
    "accuracy_by_subset": 1,
    "section_gains": 2,
    "gain_forest of one": 1,
    "gain_forest of many": 1,
    "chosen_longer": 3,
    "gain_by_association": 2,
    "gain_by_setting": 3,
    "removed_biases": 2,
    "reliability_diagrams": 2,
    "agreement_with_ratings": 2,
    "order_of_models": 2,
}


@pytest.mark.parametrize("name", PANELS)
def test_figures_are_drawn_without_warnings_and_captions_tell_of_them(tables, data, name, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, caption = drawn(tables, data, name)
        figure.savefig(tmp_path / "figure.png")

    assert len(figure.axes) == PANELS[name]
    assert "nan" not in caption
    title = figure.get_suptitle() + " ".join(
        panel.get_title(loc) for panel in figure.axes for loc in ("left", "center")
    )
    if name not in ("section_gains", "chosen_longer", "gain_by_setting"):
        assert "Given" in title or "Simulation" in title  # what is simulated says so
        assert caption.startswith(("Given", "Simulation"))


def test_only_some_models_are_shown_and_the_title_says_which(tables, data):
    assert "the first 12 of 14 models" in figures.planted_bias(tables["planted"], 14).get_suptitle()
    several = pd.concat([tables["accuracies"].assign(model=f"m{i}") for i in range(7)])
    figure = figures.accuracy_by_subset(several, "Given")
    assert len(figure.axes) == 6
    assert "the first 6 of 7 models" in figure.get_suptitle()


def test_the_planted_curve_is_drawn_beside_the_fitted_one(tables):
    panel = figures.planted_bias(tables["planted"], 14).axes[2]

    rows = tables["planted"][tables["planted"]["model"] == "simulated-03"]
    fitted, planted = (line.get_ydata() for line in panel.lines)
    np.testing.assert_array_equal(fitted, rows["bias"])
    np.testing.assert_array_equal(planted, rows["planted"])


def test_the_forest_has_means_on_top_and_models_by_gain(tables):
    panel = figures.gain_forest(tables["gains"]["Simulation"], "Simulation").axes[0]

    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels[:4] == ["mean: RC-LWR", "mean: RC-Mean", "mean: LWR-Penalty", "mean: length penalty"]
    table = tables["gains"]["Simulation"]
    rows = table[(table["method"] == "RC-LWR") & (table["fit"] == "cross-fitted")].set_index("model")["gain"]
    gains = rows[labels[4:]].to_numpy()
    assert len(gains) == 14
    assert (np.diff(gains) <= 0).all()


def test_a_section_is_drawn_in_its_own_row(tables):
    table = tables["sections"]
    one = table[(table["data"] == "Given") & (table["section"] == "Reasoning")]
    panel = figures.section_gains(pd.concat([one, table[table["data"] == "Simulation"]])).axes[0]

    assert [label.get_text() for label in panel.get_yticklabels()] == ["Reasoning"]


def test_warned_subsets_have_their_own_colour(tables):
    panel = figures.chosen_longer(tables["warnings"].assign(confounded=lambda rows: rows["subset"] == "all")).axes[2]

    rows = tables["warnings"][tables["warnings"]["data"] == "Simulation"].reset_index(drop=True)
    _, warned = (line for line in panel.lines if line.get_marker() == "o")
    assert list(warned.get_ydata()) == [len(rows) - 1]
    np.testing.assert_array_equal(warned.get_xdata(), rows["share"].iloc[-1:])


def test_the_order_is_that_of_the_model_that_changes_most(tables):
    rates = tables["win_rates"]
    assert most_changed(rates) in rates["model"].unique()
    still = rates.assign(win_rate=rates["rating"])
    moved = still["model"].eq("simulated-03") & still["method"].eq("RC-LWR")
    still.loc[moved, "win_rate"] *= -1
    assert most_changed(still) == "simulated-03"


def test_without_a_leaderboard(tables):
    figure = figures.agreement_with_ratings(pd.DataFrame(), "Given")
    assert "no leaderboard" in figure.texts[0].get_text()
    figure = figures.order_of_models(tables["win_rates"].assign(rating=np.nan), "Given")
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["as scored", "calibrated (RC-LWR)"]
