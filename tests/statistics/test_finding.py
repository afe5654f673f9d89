import numpy as np

from nbutils.statistics.finding import record


def test_what_is_not_finite_is_missing():
    finding = record(measured=np.nan, interval=(1.0, np.inf), n=np.int64(3))

    assert (finding["measured"], finding["interval"], finding["n"], finding["paper"]) == (None, None, 3, None)
