import numpy as np
import pandas as pd
import pytest

from nbutils.reward import claims
from nbutils.reward.associations import BIASED, CALIBRATED, EXACT, UNBIASED
from nbutils.suite.findings import finding_record


def recovered(share, models=30):
    planted = np.random.default_rng(0).uniform(0.5, 1.5, models)
    rows = pd.DataFrame({"planted": planted, "left": (1 - share) * planted})
    return pd.concat([rows, pd.DataFrame({"planted": [0.0], "left": [0.3]})])  # a model without a bias


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (recovered(0.9), "holds"),
        (recovered(0.2), "fails"),
        (recovered(-1), "fails"),
        (recovered(0.9, models=12), "not testable here"),
        (recovered(0.9, models=1), "not testable here"),
    ],
)
def test_recovery(rows, verdict):
    finding = claims.recovery_finding(rows, 200)

    assert finding["verdict"] == verdict
    assert finding["claim"].startswith("Simulation: ")
    finding_record(finding)


def associations(low, high, samples=12):
    rows = [
        {
            "association": association,
            "models": models,
            "subtracted": subtracted,
            "gain": gain,
            "share": 0.5 + 0.4 * sign,
        }
        for association, sign in ((-1.5, -1), (0.0, 0), (1.5, 1))
        for models, subtracted, gain in (
            (BIASED, CALIBRATED, (low + high) / 2 * abs(sign) or 2.0),
            (BIASED, EXACT, 8.0),
            (UNBIASED, CALIBRATED, -11.0),
        )
    ]
    return pd.DataFrame(rows).assign(low=low, high=high, warned=1.0, samples=samples)


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (associations(-6, -1), "holds"),
        (associations(-6, 1), "fails"),
        (associations(1, 3), "fails"),
        (associations(-6, -1, samples=3), "not testable here"),
    ],
)
def test_association(table, verdict):
    finding = claims.association_finding(table)

    assert finding["verdict"] == verdict
    assert "shorter one in 90% of pairs" in finding["claim"]
    assert finding["measured"] == table["gain"].iloc[0]
    finding_record(finding)
