"""What rows of pairs and responses must be like, and the sentence that says which one is not."""

import math
import re
from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd
import pandera.pandas as pa

from nbutils.reward.io.table import Table, failure, shown

EMPTY = "not_nullable"
NUMBERS = re.compile(r"score|rating|preference|(chosen|rejected)_(?!text$).*")


def is_number(value: object) -> bool:
    """Whether a cell is a number; true and false are none."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def is_finite(value: object) -> bool:
    """Whether a cell is a number that float64 can hold."""
    try:
        return is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


NUMBER = (
    pa.Check(is_number, element_wise=True, error="is no number; write one, or drop the row"),
    pa.Check(is_finite, element_wise=True, error="is no finite number; score it again, or drop the row"),
)
NAME = pa.Check(_is_name, element_wise=True, error="is no name; write a string or a number")
TEXT = pa.Check(lambda value: isinstance(value, str), element_wise=True, error="is no text; write a string")

PAIRS = pa.DataFrameSchema(
    {
        "model": pa.Column(object, NAME),
        "pair_id": pa.Column(object, NAME),
        "prompt_id": pa.Column(object, NAME),
        "subset": pa.Column(object, NAME),
        r"^(chosen|rejected)_text$": pa.Column(object, TEXT, nullable=True, required=False, regex=True),
        r"^(chosen|rejected)_(?!text$)": pa.Column(object, NUMBER, regex=True),
    }
)
OUTPUTS = pa.DataFrameSchema(
    {"generator": pa.Column(object, NAME), "instruction": pa.Column(object, TEXT), "text": pa.Column(object, TEXT)}
)
SCORES = pa.DataFrameSchema({"model": pa.Column(object, NAME), "score": pa.Column(object, NUMBER)})
ANNOTATIONS = pa.DataFrameSchema(
    {
        "model": pa.Column(object, NAME),
        "generator": pa.Column(object, NAME),
        "baseline": pa.Column(object, NAME),
        "instruction": pa.Column(object, TEXT),
        "text": pa.Column(object, TEXT),
        "baseline_text": pa.Column(object, TEXT),
        "preference": pa.Column(object, NUMBER),
    }
)
LEADERBOARD = pa.DataFrameSchema({"generator": pa.Column(object, NAME), "rating": pa.Column(object, NUMBER)})


def checked(
    rows: pd.DataFrame, schema: pa.DataFrameSchema, table: Table, written_as: Mapping[str, str]
) -> pd.DataFrame:
    """Rows with numbers as float64, once every cell is as the schema says.

    Args:
        rows: objects; the index is the row of the file.
        schema: one of this module.
        table: where the rows come from.
        written_as: the column of the file for each column that is called otherwise here.

    Raises:
        RewardDataError: names the first row that is not, its column and value.
    """
    try:
        schema.validate(rows.astype(object).reset_index(drop=True), lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        case = cases.iloc[int(cases["index"].astype(int).argmin())]
        position, name = int(case["index"]), case["column"]
        empty = case["check"] == EMPTY
        fault = (
            "empty or NaN; fill it in, or drop the row" if empty else f"{shown(case['failure_case'])} {case['check']}"
        )
        raise failure(table, rows.index[position], written_as.get(name, name), fault) from None
    return rows.astype({name: float for name in rows if NUMBERS.fullmatch(name)})
