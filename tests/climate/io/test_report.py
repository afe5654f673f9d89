import pandas as pd

from nbutils.climate.io.report import series_table
from nbutils.climate.io.tables import read_days
from nbutils.climate.simulated import simulated_countries


def test_each_series_is_described():
    days, _ = simulated_countries(["US"], first_year=2020, last_year=2020)
    days = pd.concat([days.drop(index=[5, 6]), days.iloc[[9]]])

    table = series_table(read_days(days)).set_index("sector")

    assert table.loc["power", ["days", "gaps", "longest_gap", "duplicates"]].tolist() == [364, 2, 2, 1]
    assert table.loc["total", ["days", "gaps", "longest_gap", "duplicates"]].tolist() == [366, 0, 0, 0]
    assert table.loc["total", "shocks"] == 89
    assert table.loc["total", "holidays"] == 11
    assert table["circular"].to_dict() == {"power": False, "residential": True, "total": False}
    assert set(table["unit"]) == {"MtCO2 per day"}
