import pydantic
import pytest

from nbutils.reward.parameters import RewardCalibration, names_in

DEFAULTS = {
    "scores": "",
    "outputs": "",
    "leaderboard": "",
    "baseline": "gpt4_1106_preview",
    "model": "moe-scratch",
    "pairs": 600,
    "simulated_models": 33,
    "characteristics": "chars",
    "frac": 0.5,
    "alpha": 1.0,
    "folds": 5,
    "resamples": 1000,
    "device": "auto",
    "seed": 0,
    "output_dir": "",
}


def test_none_stands_for_the_embedded_default():
    nothing = dict.fromkeys(["scores", "outputs", "leaderboard"])

    assert RewardCalibration(**DEFAULTS | nothing) == RewardCalibration(**DEFAULTS)


def test_an_existing_file_is_taken(tmp_path):
    (tmp_path / "pairs.csv").touch()

    assert RewardCalibration(**DEFAULTS | {"scores": str(tmp_path / "pairs.csv")})
    assert RewardCalibration(**DEFAULTS | {"outputs": str(tmp_path), "leaderboard": str(tmp_path / "pairs.csv")})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"scores": "/nowhere/pairs.csv"}, "no such file"),
        ({"characteristics": " , "}, "at least one"),
        ({"characteristics": "chars,chars"}, "twice"),
        ({"characteristics": "chars;lists"}, "no name"),
        ({"frac": 0}, "greater than 0"),
        ({"frac": 1.1}, "less than or equal to 1"),
        ({"alpha": -1}, "greater than or equal to 0"),
        ({"folds": 1}, "greater than or equal to 2"),
        ({"simulated_models": 1}, "greater than or equal to 2"),
        ({"device": "tpu"}, "pattern"),
        ({"leaderboard": "."}, "give outputs"),
    ],
)
def test_wrong_values_are_refused(wrong, why):
    with pytest.raises(pydantic.ValidationError, match=why):
        RewardCalibration(**DEFAULTS | wrong)


def test_names():
    assert names_in(" chars, lists,") == ["chars", "lists"]
