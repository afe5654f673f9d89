import pandas as pd
import pytest

from nbutils.climate import claims
from nbutils.suite.findings import finding_record


def recovered(errors, covered=True):
    return pd.DataFrame({"definition": "breakpoint", "error": errors, "covered": covered})


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (recovered([0.1, -0.2, 0.3, 0.1, 0.0, 0.2]), "holds"),
        (recovered([2.1, -2.2, 2.3, 2.1, 2.0, 2.2]), "fails"),
        (recovered([0.1, -2.2, 0.3, 2.1, 0.0, 2.2]), "not testable here"),
        (recovered([0.1, -0.2]), "not testable here"),
    ],
)
def test_recovery(table, verdict):
    assert finding_record(claims.recovery_finding(table))["verdict"] == verdict


def found(p):
    return pd.DataFrame({"country": list("abcdefgh"), "sector": "total", "definition": "breakpoint", "p_exists": p})


PLANTED = pd.DataFrame({"country": list("abcdefgh"), "sector": "total", "shape": ["v", "none"] * 4})


@pytest.mark.parametrize(
    ("p", "share", "verdict"),
    [
        ([0.01, 0.5] * 4, 1.0, "holds"),
        ([0.5, 0.01] * 4, 0.0, "fails"),
        ([0.01, 0.5, 0.01, 0.01] * 2, 0.75, "not testable here"),
    ],
)
def test_existence(p, share, verdict):
    finding = finding_record(claims.existence_finding(found(p), PLANTED))

    assert (finding["measured"], finding["verdict"]) == (share, verdict)


def test_few_series_say_nothing_of_the_existence_test():
    few = found([0.01, 0.5] * 4).head(3)

    assert finding_record(claims.existence_finding(few, PLANTED))["verdict"] == "not testable here"


def scores(boosting, leaky, regression, years=8):
    rows = [
        {"country": "A", "sector": "total", "year": year, "model": model, "split": split, "r2": r2 + 0.01 * (year % 2)}
        for year in range(years)
        for model, split, r2 in (
            ("gradient boosting", "years left out", boosting + 0.005 * (year % 3)),
            ("gradient boosting", "random days", leaky),
            ("hinge regression", "years left out", regression),
        )
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (scores(0.5, 0.7, 0.6), "holds"),
        (scores(0.7, 0.5, 0.6), "fails"),
        (scores(0.5, 0.505, 0.6), "not testable here"),
        (scores(0.5, 0.7, 0.6, years=2), "not testable here"),
        (pd.DataFrame(), "not testable here"),
    ],
)
def test_random_days_leak(table, verdict):
    finding = finding_record(claims.leak_finding(table, simulated=True))

    assert finding["verdict"] == verdict
    assert finding["claim"].startswith("Simulation: ")


@pytest.mark.parametrize(("table", "verdict"), [(scores(0.7, 0.7, 0.6), "holds"), (scores(0.5, 0.7, 0.6), "fails")])
def test_boosting_against_a_regression(table, verdict):
    finding = finding_record(claims.boosting_finding(table, simulated=False))

    assert finding["verdict"] == verdict
    assert finding["claim"].startswith("Given series: ")


def cast(r2):
    return pd.DataFrame({"model": "back-cast", "r2": r2, "covered": 0.94})


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (cast([0.5, 0.6, 0.4, 0.5]), "holds"),
        (cast([-0.5, -0.6, -0.4, -0.5]), "fails"),
        (cast([-0.5, 0.6, -0.4, 0.5]), "not testable here"),
        (cast([0.5, 0.6]), "not testable here"),
        (pd.DataFrame(), "not testable here"),
    ],
)
def test_back_cast(table, verdict):
    assert finding_record(claims.back_cast_finding(table, simulated=True))["verdict"] == verdict


def trends(low, high, years=50):
    rows = [
        {"kind": kind, "quantity": quantity, "trend": (low + high) / 2, "low": low, "high": high, "years": years}
        for kind in ("hot", "cold")
        for quantity in ("extreme_days", "share", "excess")
        for _ in range(3)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (trends(0.5, 1.5), "holds"),
        (trends(-1.5, -0.5), "fails"),
        (trends(-0.5, 0.5), "not testable here"),
        (trends(0.5, 1.5, years=12), "not testable here"),
        (pd.DataFrame(), "not testable here"),
    ],
)
@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_extreme_days(kind, table, verdict):
    assert finding_record(claims.extreme_finding(kind, table, simulated=True))["verdict"] == verdict


def ranges(country="PRC", year=2022, value=30.0, half=2.0, days=1):
    row = {"country": country, "year": year, "smoothing_days": days, "range_percent": value, "n": 365}
    return pd.DataFrame([row | {"low": value - half, "high": value + half, "calendar_percent": 20.0}])


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (ranges("China"), "holds"),
        (ranges("CHN", value=50.0), "fails"),
        (ranges("China", half=8.0), "not testable here"),
        (ranges("China", year=2021), "not testable here"),
        (ranges("China", days=7), "not testable here"),
        (ranges("simulated China"), "not testable here"),
        (pd.DataFrame(), "not testable here"),
    ],
)
def test_ranges(table, verdict):
    assert finding_record(claims.range_finding("China", table))["verdict"] == verdict


def test_the_findings_of_a_notebook(tables):
    names = ("thresholds", "planted", "recovered", "scores", "back_cast", "ranges", "extremes")
    findings = [finding_record(finding) for finding in claims.co2_thresholds(*(tables[name] for name in names))]
    claimed = [finding["claim"] for finding in findings]

    assert len(set(claimed)) == len(claimed)
    assert "Simulated US: the breakpoint is the planted 14.9 °C" in claimed
    assert "Simulated Chile: no turn is found where none was planted" in claimed
    assert {finding["verdict"] for finding in findings if finding["claim"].startswith("Emissions of")} == {
        "not testable here"
    }


def test_a_given_country_is_held_against_the_papers_figure(tables):
    table = tables["thresholds"].query("country == 'simulated US'").assign(country="United States")
    rest = (tables[name] for name in ("scores", "back_cast", "ranges", "extremes"))
    findings = claims.co2_thresholds(table, tables["planted"].head(0), tables["recovered"].head(0), *rest)

    papers = [finding for finding in findings if finding["paper"] == 14.9]
    assert [finding["claim"].split(":")[0] for finding in papers] == ["United States", "United States"]
    assert papers[0]["verdict"] == "holds"
    assert not [finding for finding in findings if finding["claim"].startswith("Simulation")]
