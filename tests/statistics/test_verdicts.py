import pytest

from nbutils.statistics import above_null


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
