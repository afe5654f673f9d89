"""From bytes to cells: JSON in its usual shapes, JSON lines, CSV and Parquet."""

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from nbutils.reward.errors import RewardDataError

GZIP_MAGIC = b"\x1f\x8b"
SEPARATORS = ",;\t"
NOT_SPACE = re.compile(r"\S")
HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


def unpacked(path: Path) -> bytes:
    """The bytes of a file, without gzip and without a byte order mark.

    Raises:
        RewardDataError: the file cannot be read, or its gzip is damaged.
    """
    try:
        data = path.read_bytes()
        if data.startswith(GZIP_MAGIC):
            data = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise RewardDataError(f"{path} is a damaged gzip file: fetch or write it again") from None
    except OSError as error:
        raise RewardDataError(f"{path} cannot be read: {error.strerror}") from None
    return data.removeprefix(codecs.BOM_UTF8)


def read_json(data: bytes, path: Path) -> pd.DataFrame:
    """Cells of records: a list of objects, one object a line or after another, or an object of columns.

    Raises:
        RewardDataError: not JSON, not UTF-8, or no table.
    """
    values = list(_json_lines(data, path) if _is_json(data.lstrip().partition(b"\n")[0]) else _json_values(data, path))
    if HALF_A_PAIR.search(data):
        values = _mended(values)
    if len(values) == 1 and isinstance(values[0], dict) and (columns := _columns(values[0], path)):
        return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    for row, value in enumerate(values, 1):
        if not isinstance(value, dict):
            raise RewardDataError(f"{path}, row {row}: a JSON object is needed, not a {type(value).__name__}")
    return pd.DataFrame(values, dtype=object)


def read_csv(data: bytes, path: Path) -> pd.DataFrame:
    """Cells of a table with a header line, as strings; commas, semicolons or tabs separate, blank is missing.

    Raises:
        RewardDataError: not UTF-8, or a row with more cells than the header.
    """
    text = _decoded(data, path)
    header = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=header.count)
    try:
        cells = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        reason = str(error).strip().splitlines()[-1]
        raise RewardDataError(f"{path} is no CSV table ({reason}): quote cells that hold a '{separator}'") from None
    if not isinstance(cells.index, pd.RangeIndex):
        raise RewardDataError(f"{path}: rows have more cells than the header; quote cells that hold a '{separator}'")
    cells.columns = cells.columns.str.strip()
    return cells.astype(object)


def read_parquet(data: bytes, path: Path) -> pd.DataFrame:
    """Cells of a Parquet file.

    Raises:
        RewardDataError: the file is damaged.
    """
    try:
        columns = pq.read_table(io.BytesIO(data)).to_pydict()
    except (pa.ArrowException, OSError):
        raise RewardDataError(f"{path} is a damaged Parquet file: fetch or write it again") from None
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


def _columns(value: dict, path: Path) -> dict[str, list] | None:
    """Columns of equal length from an object of lists, or of objects by row (as pandas writes them); None for a record.

    What is neither in an object of lists, such as the name of the model, stands for every row.
    """
    if value and all(isinstance(cells, dict) for cells in value.values()):
        value = {name: [*cells.values()] for name, cells in value.items()}
    lengths = {name: len(cells) for name, cells in value.items() if isinstance(cells, list)}
    if not lengths:
        return None
    if len(set(lengths.values())) > 1:
        raise RewardDataError(f"{path}: its columns differ in length ({lengths}): write the file again")
    rows = next(iter(lengths.values()))
    return {name: cells if isinstance(cells, list) else [cells] * rows for name, cells in value.items()}


def _mended(value: object) -> object:
    """The value with "?" for halves of characters, which texts cut in JSON end with and no file can be written with."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _json_lines(data: bytes, path: Path) -> Iterator[object]:
    """One value a line, so that a long file is never held as one string."""
    for number, line in enumerate(io.BytesIO(data), 1):
        if line.strip():
            try:
                yield json.loads(_decoded(line, path, number))
            except RewardDataError:
                raise
            except (ValueError, RecursionError) as error:
                raise _not_json(path, number, error) from None


def _json_values(data: bytes, path: Path) -> Iterator[object]:
    """Values one after another, each over any number of lines."""
    text, decoder, end = _decoded(data, path), json.JSONDecoder(), 0
    while start := NOT_SPACE.search(text, end):
        try:
            value, end = decoder.raw_decode(text, start.start())
        except json.JSONDecodeError as error:
            raise _not_json(path, error.lineno, error) from None
        except (ValueError, RecursionError) as error:
            raise _not_json(path, text.count("\n", 0, start.start()) + 1, error) from None
        yield value


def _not_json(path: Path, line: int, error: Exception) -> RewardDataError:
    reason = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long"
    return RewardDataError(f"{path}, line {line}: not valid JSON ({reason}); fetch or write the file again")


def _decoded(data: bytes, path: Path, first_line: int = 1) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + first_line
        raise RewardDataError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None
