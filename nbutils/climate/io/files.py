"""A CSV or Parquet file as a table of text and numbers, rows counted from 1."""

from pathlib import Path

import pandas as pd

from nbutils.climate.errors import ClimateDataError

PARQUET_SUFFIXES = {".parquet", ".pq"}


def read_table(source: str | Path | pd.DataFrame) -> pd.DataFrame:
    """Rows of a file, or of a table at hand, with an index that counts rows from 1.

    Of CSV every column is text; the separator (comma, semicolon or tab) is told by the header, and where it is a
    semicolon numbers may have a decimal comma. Columns without a name or a value are left out.

    Raises:
        ClimateDataError: the file is not there, empty, or no CSV or Parquet.
    """
    if isinstance(source, pd.DataFrame):
        table = source.copy()
    else:
        path = Path(source)
        if not path.is_file():
            raise ClimateDataError(f"there is no file '{path}': check the path")
        table = _parquet(path) if path.suffix.lower() in PARQUET_SUFFIXES else _csv(path)
    table = table.set_axis(range(1, len(table) + 1))
    table.columns = [str(name).strip() for name in table.columns]
    unnamed = [name for name in table.columns if name.startswith("Unnamed:") or not name]
    table = table.drop(columns=unnamed).dropna(how="all")
    if table.empty:
        raise ClimateDataError(f"{named(source)} holds no rows: give one with a row for every day")
    return table


def named(source: str | Path | pd.DataFrame) -> str:
    """How messages call a file or table."""
    return "the table" if isinstance(source, pd.DataFrame) else f"'{Path(source).name}'"


def _parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ClimateDataError(f"'{path.name}' is no Parquet file that can be read: write it anew") from error


def _csv(path: Path) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = lines.readline()
        separator = max(",;\t", key=header.count)
        table = pd.read_csv(
            path, sep=separator, dtype=str, encoding="utf-8-sig", skipinitialspace=True, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ClimateDataError(
            f"'{path.name}' is no CSV that can be read ({str(error).strip()}): save it as CSV in UTF-8"
        ) from error
    if separator == ";":
        table = table.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True)
    return table
