import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.leaderboard import read_leaderboard


@pytest.mark.parametrize(
    "text",
    [
        "generator,rating\ngpt-4,1250.5\n7b,1100\n",
        "Model,Arena Score\ngpt-4,1250.5\n7b,1100\n",
        ",win_rate,Elo\ngpt-4,50,1250.5\n7b,3,1100\n",
        '[{"name": "gpt-4", "score": 1250.5}, {"name": "7b", "score": [1100]}]',
    ],
)
def test_usual_names_of_the_columns(tmp_path, text):
    (tmp_path / "board.csv").write_text(text)
    board = read_leaderboard(tmp_path / "board.csv")

    assert board.to_dict("list") == {"generator": ["gpt-4", "7b"], "rating": [1250.5, 1100.0]}


def test_a_chosen_column(tmp_path):
    (tmp_path / "board.csv").write_text("generator,rating,win_rate\na,1,2\n")

    assert read_leaderboard(tmp_path / "board.csv", rating="win_rate")["rating"].tolist() == [2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("generator,win_rate\na,1\n", "has no column of ratings: call it rating; found generator, win_rate"),
        ("who,rating\na,1\n", "has no column of generators: call it generator; found who, rating"),
        ("generator,rating\na,1\na,2\n", "row 2: 'a' is rated twice"),
        ("generator,rating\na,1\nb,high\n", 'row 2, column rating: "high" is no number'),
        ("generator,rating\na,1\nb,\n", "row 2, column rating: empty or NaN"),
        ("Model,elo\na,1\n,2\n", "row 2, column Model: empty or NaN"),
    ],
)
def test_a_leaderboard_that_cannot_be_used(tmp_path, text, message):
    (tmp_path / "board.csv").write_text(text)

    with pytest.raises(RewardDataError, match=message):
        read_leaderboard(tmp_path / "board.csv")


def test_no_file(tmp_path):
    with pytest.raises(RewardDataError, match="cannot be read: No such file"):
        read_leaderboard(tmp_path / "absent.csv")
