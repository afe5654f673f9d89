import json

import numpy as np
import pandas as pd
import pytest

from nbutils import reward
from nbutils.reward.errors import RewardDataError
from nbutils.reward.measure import DataSet


@pytest.fixture
def scores(tmp_path):
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"pair_id": range(60), "subset": ["a", "b"] * 30, "model": "m"})
    for side, shift in (("chosen", 0.5), ("rejected", -0.5)):
        table[f"{side}_text"] = ["word " * n for n in generator.integers(1, 50, 60)]
        table[f"{side}_score"] = generator.normal(shift, 1, 60) + table[f"{side}_text"].str.len() / 50
    table.to_csv(tmp_path / "mine.csv", index=False)
    return str(tmp_path / "mine.csv")


def test_given_pairs_stand_beside_the_simulation(scores):
    sets = reward.data_sets(scores, "words,chars", simulated_models=2)

    assert list(sets) == ["mine", "Simulation"]
    assert sets["mine"].characteristics == ["words", "chars"]
    assert (sets["mine"].pairs["chosen_chars"] == 5 * sets["mine"].pairs["chosen_words"]).all()
    assert sets["Simulation"].pairs["model"].nunique() == 2
    overview = reward.data_overview(sets).set_index(["data", "subset"])
    assert overview.loc[("mine", "all"), "pairs"] == 60
    right = sets["mine"].pairs["chosen_score"] > sets["mine"].pairs["rejected_score"]
    assert overview.loc[("mine", "all"), "accuracy"] == pytest.approx(right.mean())
    assert overview.loc[("Simulation", "math-prm"), "pairs"] == 447


def test_embedded_pairs_are_the_default(monkeypatch):
    asked = {}

    def embedded(model, pairs, seed, *, device):
        asked.update(model=model, pairs=pairs, seed=seed, device=device)
        return reward.simulated_pairs(1, pairs, seed)

    monkeypatch.setattr("nbutils.reward.measure.embedded_pairs", embedded)

    sets = reward.data_sets("", model="m", pairs=70, simulated_models=2, device="cpu", seed=3)

    assert list(sets) == ["Embedded pairs", "Simulation"]
    assert asked == {"model": "m", "pairs": 70, "seed": 3, "device": "cpu"}


def test_a_characteristic_that_nothing_tells_is_refused(tmp_path):
    pairs = pd.DataFrame({"pair_id": range(30), "chosen_score": 1.0, "rejected_score": 0.0})
    pairs.assign(chosen_chars=3, rejected_chars=4).to_csv(tmp_path / "pairs.csv", index=False)

    with pytest.raises(RewardDataError, match="chosen_lists"):
        reward.data_sets(str(tmp_path / "pairs.csv"), "lists", simulated_models=2)


@pytest.mark.parametrize(
    ("path", "name"),
    [("", "Embedded pairs"), ("a/b.jsonl.gz", "b"), ("a/scores", "scores"), ("Simulation.csv", "Simulation (given)")],
)
def test_names_of_data(path, name):
    assert reward.data_name(path) == name


def test_tables_name_their_data(data):
    margins = reward.margins_by_data(data, folds=3)
    assert set(margins["Given"]["method"]) == {"none", "RC-LWR", "LWR-Penalty", "length penalty"}
    assert "RC-Mean" in set(margins["Simulation"]["method"])

    kept = reward.before_and_lwr(margins["Given"])
    pairs = kept[["method", "fit"]].drop_duplicates().itertuples(index=False, name=None)
    assert set(pairs) == {("none", "in-sample"), ("RC-LWR", "cross-fitted")}

    warnings = reward.warnings_by_data(data)
    keys = warnings[["data", "characteristic"]].drop_duplicates().itertuples(index=False, name=None)
    assert list(keys) == [("Given", "chars"), ("Given", "lists"), ("Simulation", "chars")]

    elsewhere = {"Given": margins["Given"].assign(subset="plays")}
    assert reward.section_gains_by_data(elsewhere, 50).empty


def test_settings_are_swept_on_the_first_models(data):
    twice = {"Simulation": DataSet(data["Simulation"].pairs, ["chars"])}

    table = reward.settings_by_data(twice, resamples=50)

    assert (table["models"] == 6).all()
    assert (table["data"] == "Simulation").all()


def outputs(folder, generators=("a", "b", "base")):
    for generator in generators:
        rows = [
            {"instruction": f"say {i}", "output": "x" * (10 + i), "generator": generator, "score": i / 9, "model": "rm"}
            for i in range(20)
        ]
        (folder / f"{generator}.json").write_text(json.dumps(rows))
    return str(folder)


def test_responses_of_the_reader_and_of_the_simulation(tmp_path):
    responses, ratings, baseline = reward.given_responses(outputs(tmp_path), "", "base")
    assert (len(responses), len(ratings), baseline) == (60, 0, "base")

    responses, ratings, baseline = reward.given_responses("", "", "base")
    assert baseline in set(responses["generator"])
    assert set(ratings["generator"]) == set(responses["generator"].unique())


def test_a_baseline_without_responses_is_refused_at_once(tmp_path):
    with pytest.raises(RewardDataError, match="baseline 'gpt4'"):
        reward.given_responses(outputs(tmp_path), "", "gpt4")
