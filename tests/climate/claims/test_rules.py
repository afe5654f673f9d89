import numpy as np
import pytest

from nbutils.climate.claims.rules import above, near
from nbutils.statistics.finding import record


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


def test_what_is_not_finite_is_missing():
    finding = record(measured=np.nan, interval=(1.0, np.inf), n=np.int64(3))

    assert (finding["measured"], finding["interval"], finding["n"], finding["paper"]) == (None, None, 3, None)
