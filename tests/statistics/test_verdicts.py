import pytest

from nbutils.statistics import above_null


@pytest.mark.parametrize(
    ("low", "high", "clusters", "verdict", "reason"),
    [
        (0.2, 0.3, 50, "holds", "above"),
        (0.05, 0.3, 50, "fails", "includes"),
        (0.01, 0.05, 50, "fails", "below"),
        (0.2, 0.3, 19, "not testable here", "19 passages are too few"),
    ],
)
def test_above_null(low, high, clusters, verdict, reason):
    given, why = above_null(low, high, 0.1, clusters)

    assert given == verdict
    assert reason in why
