import numpy as np
import pandas as pd
import pytest

from nbutils.video import captions
from nbutils.video.given import NO_CLIPS

TOLD = {
    "timeline": lambda t, g: (t.timeline, "Simulation"),
    "sheet": lambda t, g: (t.chosen.clips, "Simulation"),
    "snapping": lambda t, g: (*t.snapping, "Simulation"),
    "contributions": lambda t, g: (t.dropped, g.shown.truth, "Simulation"),
    "gains": lambda t, g: (t.modalities, "Simulation"),
    "training": lambda t, g: (t.trained, "Simulation"),
    "metrics": lambda t, g: (t.levels, "Simulation"),
    "released": lambda t, g: (t.released, "Simulation"),
    "reliability": lambda t, g: (t.calibration.errors, "Simulation"),
    "lengths_and_gaps": lambda t, g: (t.spans, "Simulation"),
}
EMPTY = ["sheet", "snapping", "gains", "training", "metrics", "released", "reliability", "lengths_and_gaps"]


@pytest.mark.parametrize("name", TOLD)
def test_captions_say_that_they_are_simulated_and_hold_numbers(tables, given, name):
    told = getattr(captions, name)(*TOLD[name](tables, given))

    assert told.startswith("Simulation: ")
    assert told.endswith(".")
    assert "nan" not in told
    assert any(letter.isdigit() for letter in told)


@pytest.mark.parametrize("name", EMPTY)
def test_empty_tables_are_not_measured(name):
    assert getattr(captions, name)(pd.DataFrame(), "x").startswith("Not measured: ")


def test_the_timeline_counts_what_clips_and_truth_share():
    rows = [
        ("clip", 0.0, 20.0, "1"),
        ("clip", 50.0, 60.0, "2"),
        ("annotated", 10.0, 30.0, None),
        ("rejected", 3.0, 5.0, "overlaps clip 1"),
    ]
    table = pd.DataFrame(rows, columns=["kind", "start", "end", "label"])

    assert captions.timeline(table, "a.mp4") == (
        "a.mp4: 2 clips of 30 s in all, 10 s of them within the 1 annotated clips, which are 20 s. Runs of candidates "
        "above the threshold that were rejected: 1."
    )


def test_contributions_within_and_elsewhere():
    table = pd.DataFrame(
        {
            "dropped": ["nothing"] * 4 + ["text"] * 4,
            "second": [0, 1, 2, 3] * 2,
            "score": 0.5,
            "change": [0.0] * 4 + [-0.3, -0.1, 0.2, 0.0],
        }
    )
    truth = pd.DataFrame({"start": [0.0], "end": [2.0]})

    assert captions.contributions(table, truth, "a") == "a: text adds +0.20 in annotated clips and -0.10 elsewhere."
    assert captions.contributions(table, NO_CLIPS, "a") == "a: text adds +0.05 a second."
    assert "one modality alone" in captions.contributions(table.head(4), truth, "a")


def test_gains_without_an_interval_say_so():
    row = {"name": "text", "whole": 0.5, "without": 0.3, "value": 0.2, "low": np.nan, "high": np.nan}

    assert captions.gains(pd.DataFrame([row]), "a") == (
        "a: matched mAP, points gained by the scorer over: text +20.0. One video alone gives no interval."
    )


def test_anchors_alone_are_said_to_be_so(tables):
    assert captions.metrics(tables.levels[tables.levels["anchor"]], "val") == (
        "val: anchors alone, as there are no features to score."
    )
