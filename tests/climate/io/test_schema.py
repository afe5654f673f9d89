import numpy as np
import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.schema import checked_numbers


def rows(values, **others):
    return pd.DataFrame({"value": values} | others, index=range(1, len(values) + 1))


def test_numbers_as_text_become_numbers_and_missing_ones_stay():
    checked = checked_numbers(rows(["1.5", None, "2e3"], temperature_c=["-3", "", None]).replace("", None), "x")

    np.testing.assert_array_equal(checked["value"], [1.5, np.nan, 2000])
    np.testing.assert_array_equal(checked["temperature_c"], [-3, np.nan, np.nan])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (rows(["1", "2", "n.a.!", "x"]), r"^row 3 of 'f\.csv': value is 'n\.a\.!' and must be a number$"),
        (rows([1.0, -0.5]), "^row 2 of .* value is '-0.5' and must be zero or more"),
        (rows(["1", "-2", "-3"]), "^row 2 of"),
        (rows([1.0, np.inf]), "^row 2 of .* must be a finite number"),
        (
            rows([1.0, 2.0], temperature_c=[3.0, -9999.0]),
            "^row 2 of .* temperature_c is '-9999.0' and must be a temper",
        ),
        (rows([1.0], temperature_c=["1,234.5"]), "^row 1 of .* must be a number$"),
    ],
)
def test_the_first_wrong_row_is_named(table, message):
    with pytest.raises(ClimateDataError, match=message):
        checked_numbers(table, "'f.csv'")
