import pandas as pd
import pytest

from nbutils.climate.emissions.each_series import each_series


def mean_of(rows):
    table = pd.DataFrame({"mean": [rows["value"].mean()]})
    table.attrs["report"] = [f"{len(rows)} days."]
    return table


@pytest.mark.parametrize("fewest_for_workers", [1, 10])
def test_each_series_by_itself_and_in_order(fewest_for_workers):
    days = pd.DataFrame(
        {"country": ["B", "B", "A", "B"], "sector": ["x", "y", "x", "x"], "value": [1.0, 2.0, 3.0, 5.0]}
    )

    table = each_series(days, mean_of, "means", fewest_for_workers=fewest_for_workers)

    assert table.to_numpy().tolist() == [["B", "x", 3.0], ["B", "y", 2.0], ["A", "x", 3.0]]
    assert table.attrs["report"] == ["B, x: 2 days.", "B, y: 1 days.", "A, x: 1 days."]
