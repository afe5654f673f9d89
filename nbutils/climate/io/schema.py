"""What the numbers of a row must be."""

import numpy as np
import pandas as pd
import pandera.pandas as pa

from nbutils.climate.errors import ClimateDataError

FINITE = pa.Check(lambda values: np.isfinite(values), error="a finite number, or empty where it is missing")
NOT_NEGATIVE = pa.Check.ge(0, error="zero or more: emissions that are sinks cannot be read, take those rows out")
POSSIBLE = pa.Check.in_range(-150, 400, error="a temperature, or empty where it is missing")
ROWS = pa.DataFrameSchema(
    {
        "value": pa.Column(float, [FINITE, NOT_NEGATIVE], nullable=True, coerce=True, required=False),
        "temperature_c": pa.Column(float, POSSIBLE, nullable=True, coerce=True, required=False),
    }
)


def checked_numbers(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Rows with `value` and `temperature_c`, where there are, as float64.

    Raises:
        ClimateDataError: a row holds something else; the message names the first such row, its column and content.
    """
    try:
        return ROWS.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as error:
        failures = error.failure_cases.dropna(subset=["index"])
        first = failures.loc[failures["index"].astype(int).idxmin()]
        demand = "a number" if first["check"].startswith(("coerce", "dtype")) else first["check"]
        raise ClimateDataError(
            f"row {first['index']} of {source}: {first['column']} is '{first['failure_case']}' and must be {demand}"
        ) from error
