import json
from dataclasses import replace

import pandas as pd
import pytest

from nbutils.video import embedded
from nbutils.video.film import films, making, scorer_training
from nbutils.video.film.installing import install
from nbutils.video.film.topics import HELDOUT_TOPICS, SHOWN_TOPIC, TRAINING_TOPICS, VALIDATION_TOPICS


@pytest.mark.slow
def test_all_steps_make_what_the_embedded_files_are_read_from(tmp_path, monkeypatch):
    pytest.importorskip("espeakng_loader")

    def orders(name, topics, *, unseen=False):
        return lambda: [films.Order(f"{name}-{i}", topics[i], 40, i, unseen) for i in range(2)]

    monkeypatch.setattr(films, "training_orders", orders("training", TRAINING_TOPICS))
    monkeypatch.setattr(films, "validation_orders", orders("validation", VALIDATION_TOPICS))
    monkeypatch.setattr(films, "heldout_orders", orders("heldout", HELDOUT_TOPICS, unseen=True))
    monkeypatch.setattr(scorer_training, "RECIPE", replace(scorer_training.RECIPE, epochs=1))
    monkeypatch.setattr(making, "SEEDS", (0,))

    making.make_films(tmp_path)
    making.make_shown(tmp_path, films.Order("film", SHOWN_TOPIC, 40, 9, True))
    making.make_heldout(tmp_path)
    making.make_scorer(tmp_path)
    making.make_evaluation(tmp_path)
    making.make_ablations(tmp_path, scorer_training.VARIANTS[-2:])
    install(tmp_path / making.SHIPPED, tmp_path / "data")

    monkeypatch.setattr(embedded, "DATA", tmp_path / "data")
    assert embedded.film().scenes["highlight"].any()
    assert set(embedded.heldout().features) == {"heldout-0", "heldout-1"}
    assert embedded.scorer().config.widths() == (128, 136, 384)
    assert set(embedded.ablations()["variant"]) == {"audio alone", "text alone"}
    record = json.loads((embedded.folder() / embedded.TRAINING).read_text())
    assert (record["training_films"], record["recipe"]["epochs"], len(record["epochs"])) == (2, 1, 1)
    evaluation = pd.read_csv(embedded.folder() / embedded.EVALUATION)
    assert {"scorer", "scorer without text", "tiling 36 s", "full oracle"} <= set(evaluation["predictor"])
    assert {"matched mAP", "HL-mAP"} <= set(evaluation["metric"])
