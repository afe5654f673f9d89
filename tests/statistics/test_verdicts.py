import pytest

from nbutils.statistics import above_null
from nbutils.statistics.verdicts import above, near


@pytest.mark.parametrize(
    ("low", "clusters", "verdict", "reason"),
    [
        (0.2, 50, "holds", "lies above"),
        (0.05, 50, "fails", "does not lie above"),
        (0.1, 50, "fails", "does not lie above"),
        (0.2, 19, "not testable here", "19 passages are too few"),
    ],
)
def test_above_null(low, clusters, verdict, reason):
    given, why = above_null(low, 0.1, clusters)

    assert given == verdict
    assert reason in why


def test_the_reason_names_the_units():
    assert above_null(0.2, 0.1, 7, unit="blocks of days")[1].startswith("7 blocks of days are too few")


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((14.0, 16.0), "holds"),
        ((13.0, 15.0), "not testable here"),
        ((10.0, 20.0), "not testable here"),
        ((10.0, 13.0), "fails"),
        ((17.0, 18.0), "fails"),
    ],
)
def test_near_a_figure(interval, verdict):
    assert near(interval, (15.0, 15.0), 1.5)[0] == verdict


def test_anywhere_between_two_figures_is_right():
    assert near((12.0, 18.5), (12.0, 18.0), 1.0)[0] == "holds"


@pytest.mark.parametrize(
    ("interval", "verdict"), [((0.1, 1.0), "holds"), ((-1.0, 1.0), "not testable here"), ((-2.0, -1.0), "fails")]
)
def test_above_a_null(interval, verdict):
    assert above(interval, 0.0)[0] == verdict
