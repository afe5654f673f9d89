"""Captions of tables that are empty, because a series is too short for them."""

from collections.abc import Callable
from functools import wraps

import pandas as pd


def said_if_measured(say: Callable[[pd.DataFrame], str]) -> Callable[[pd.DataFrame], str]:
    """A caption that says so where its table is empty."""

    @wraps(say)
    def said(table: pd.DataFrame) -> str:
        return "Not measured: these series are too short, or nothing was planted." if table.empty else say(table)

    return said
