import pandas as pd
import pytest

from nbutils.reward import claims
from nbutils.suite.findings import finding_record


def scores(value, low, high, null_high=0.03, n=600, models=("m",)):
    row = {"scale": "as it is", "measure": "ece", "value": value, "low": low, "high": high, "null": 0.02}
    table = pd.DataFrame([row | {"null_high": null_high, "n": n, "model": model} for model in models])
    others = [table.assign(measure="brier"), table.assign(scale="tempered"), table.assign(method="RC-LWR")]
    others = [other.assign(value=9.0, low=9.0, high=9.0) for other in others]
    return pd.concat([table, *others]).fillna({"method": "none"})


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (scores(0.02, 0, 0.04), "holds"),
        (scores(0.2, 0.1, 0.3), "fails"),
        (scores(0.06, 0.02, 0.1), "not testable here"),  # may lie on either side
        (scores(0.2, 0.1, 0.3, null_high=0.25), "not testable here"),  # true probabilities might give as much
        (scores(0.02, 0, 0.04, n=12), "not testable here"),
    ],
)
def test_probabilities_are_calibrated(table, verdict):
    finding = claims.calibration_error_finding("d", table, "as it is")

    assert finding["verdict"] == verdict
    assert finding["measured"] == table["value"].iloc[0]
    finding_record(finding)


def test_of_several_models_the_mean_is_judged():
    table = pd.concat([scores(0.2, 0.1, 0.3, models=["a"]), scores(0.0, 0.0, 0.02, models=["b"])])

    finding = claims.calibration_error_finding("d", table, "as it is")

    assert finding["measured"] == pytest.approx(0.1)
    assert finding["interval"] == pytest.approx((0.05, 0.16))
    assert "mean over 2 models" in finding["quantity"]
