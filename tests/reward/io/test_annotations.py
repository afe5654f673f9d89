import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.annotations import read_annotations
from tests.reward.io.made import write_json


def annotations(preferences, generator="llama"):
    return [
        {
            "instruction": f"why {i}?",
            "output_1": f"base {i}",
            "output_2": f"{generator} {i}",
            "generator_1": "gpt4",
            "generator_2": generator,
            "annotator": "judge",
            "preference": preference,
        }
        for i, preference in enumerate(preferences)
    ]


@pytest.mark.parametrize(
    ("written", "shares"),
    [
        ([1, 2, 1.25, 1.5], [0, 1, 0.25, 0.5]),
        ([1, 2, 0], [0, 1, 0.5]),
        ([1, 1], [0, 0]),
        ([0, 1, 0.25], [0, 1, 0.25]),
        ([0, 0], [0, 0]),
    ],
)
def test_both_scales_of_preference(tmp_path, written, shares):
    table = read_annotations(write_json(tmp_path / "annotations.json", annotations(written)))

    assert table["preference"].tolist() == shares


def test_columns(tmp_path):
    for generator in ("llama", "qwen"):
        write_json(tmp_path / generator / "judge" / "annotations.json", annotations([1, None, 2], generator))
        write_json(tmp_path / generator / "model_outputs.json", [{"instruction": "i", "output": "o"}])

    table = read_annotations(tmp_path)

    assert table.to_dict("records")[2:] == [
        {
            "model": "judge",
            "method": "none",
            "generator": "qwen",
            "baseline": "gpt4",
            "instruction_id": number,
            "preference": preference,
            "chars": 6.0,
            "baseline_chars": 6.0,
            "text": text,
            "baseline_text": base,
        }
        for number, preference, text, base in (("0", 0.0, "qwen 0", "base 0"), ("1", 1.0, "qwen 2", "base 2"))
    ]


@pytest.mark.parametrize(
    ("preferences", "message"),
    [
        ([1, 0.5, 2], "row 2, column preference: 0.5 is not from 1 to 2, or 0 for a draw"),
        ([1, 2, 3], "row 3, column preference: 3.0 is not from 1 to 2"),
        ([0.5, -1], "row 2, column preference: -1.0 is not from 0 to 1"),
        ([1, "2"], 'row 2, column preference: "2" is no number'),
        ([None, None], "has no preference in any row"),
    ],
)
def test_a_preference_that_cannot_be_is_named(tmp_path, preferences, message):
    with pytest.raises(RewardDataError, match=message):
        read_annotations(write_json(tmp_path / "annotations.json", annotations(preferences)))


def test_no_annotations(tmp_path):
    with pytest.raises(
        RewardDataError, match="holds no AlpacaEval annotations: give objects with instruction, output_1"
    ):
        read_annotations(write_json(tmp_path / "a.json", [{"instruction": "i"}]))
    rows = [{name: cell for name, cell in annotations([1])[0].items() if name != "generator_2"}]
    with pytest.raises(RewardDataError, match="has no column generator_2"):
        read_annotations(write_json(tmp_path / "a.json", rows))
