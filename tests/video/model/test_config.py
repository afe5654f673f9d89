import pytest

from nbutils.video.errors import VideoError
from nbutils.video.model.config import SIZES, checked_config, scorer_config


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"heads": 3}, "heads"),
        ({"local_seconds": 8}, "local_seconds"),
        ({"hidden_size": 0}, "hidden_size"),
        ({"hidden_size": "64"}, "hidden_size"),
        ({"encoder_layers": 10**9}, "encoder_layers"),
        ({"dropout": 0.1}, "dropout"),
    ],
)
def test_wrong_values_are_named(changes, named):
    with pytest.raises(VideoError, match=named):
        scorer_config("small", **changes)


def test_a_missing_value_is_named():
    with pytest.raises(VideoError, match="heads"):
        checked_config({name: value for name, value in SIZES["small"].items() if name != "heads"})


def test_an_unknown_size_is_named():
    with pytest.raises(VideoError, match=r"'huge'.*small, base, paper"):
        scorer_config("huge")


def test_widths_follow_the_features():
    assert scorer_config("base", visual=1280, audio=3).widths() == (1280, 3, 384)
