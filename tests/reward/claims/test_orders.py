import numpy as np
import pandas as pd
import pytest

from nbutils.reward import claims
from nbutils.suite.findings import finding_record


def correlations(before, after):
    """Rows in another order for each method, as tables may have them."""
    names = [f"m{i}" for i in range(len(before))]
    table = {"model": names, "method": "none", "value": before}
    calibrated = {"model": names[::-1], "method": "RC-LWR", "value": after[::-1]}
    kendall = pd.DataFrame(table).assign(statistic="kendall", value=0.0)
    spearman = pd.concat([pd.DataFrame(table), pd.DataFrame(calibrated)]).assign(statistic="spearman")
    return pd.concat([kendall, spearman]).assign(n=24)


BEFORE = [0.80, 0.85, 0.90, 0.75, 0.80, 0.85, 0.90, 0.75]
CLOSER = np.add(BEFORE, [0.1, 0.08, 0.09, 0.12, 0.1, 0.1, 0.09, 0.11]).tolist()
ALIKE = np.add(BEFORE, [0.1, -0.08, 0.09, -0.12, 0.1, -0.1, 0.09, -0.11]).tolist()


@pytest.mark.parametrize(
    ("table", "verdict", "reason"),
    [
        (correlations(BEFORE, CLOSER), "holds", "8 of 8"),
        (correlations(BEFORE, ALIKE), "fails", "4 of 8"),
        (correlations(CLOSER, BEFORE), "fails", "0 of 8"),
        (correlations(BEFORE[:3], CLOSER[:3]), "not testable here", "3 reward models are too few"),
        (pd.DataFrame(), "not testable here", "no leaderboard"),
    ],
)
def test_order(table, verdict, reason):
    finding = claims.order_finding("d", table)

    assert finding["verdict"] == verdict
    assert reason in finding["reason"]
    finding_record(finding)


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (correlations(BEFORE, [0.94, 0.95, 0.96, 0.95, 0.94, 0.95, 0.96, 0.95]), "holds"),
        (correlations(BEFORE, BEFORE), "fails"),
        (correlations(BEFORE[:7], CLOSER[:7]), "not testable here"),
        (pd.DataFrame(), "not testable here"),
    ],
)
def test_published_order(table, verdict):
    finding = claims.published_order_finding("d", table)

    assert finding["verdict"] == verdict
    finding_record(finding)
