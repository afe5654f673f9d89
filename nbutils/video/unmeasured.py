"""Captions of tables that a run left empty."""

from collections.abc import Callable
from functools import wraps

import pandas as pd


def said_if_measured(reason: str) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Makes a caption that says "Not measured" with the reason where its first table is empty."""

    def made(say: Callable[..., str]) -> Callable[..., str]:
        @wraps(say)
        def said(table: pd.DataFrame, *others: object) -> str:
            return f"Not measured: {reason}." if table.empty else say(table, *others)

        return said

    return made
