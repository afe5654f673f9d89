import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.files import read_table


@pytest.mark.parametrize(
    "text", ["date,value\n2019-01-01,1.5\n", "date;value\n2019-01-01;1,5\n", "date\tvalue\n2019-01-01\t1.5\n"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separators_and_decimal_commas(tmp_path, text, encoding):
    (tmp_path / "t.csv").write_text(text, encoding=encoding)

    table = read_table(tmp_path / "t.csv")

    assert table.columns.tolist() == ["date", "value"]
    assert table.loc[1].tolist() == ["2019-01-01", "1.5"]


def test_columns_without_a_name_and_rows_without_a_value_are_left_out(tmp_path):
    (tmp_path / "t.csv").write_text("country,date ,\nUS,2019-01-01,\n,,\n\nUS,2019-01-02,\n")

    table = read_table(str(tmp_path / "t.csv"))

    assert table.columns.tolist() == ["country", "date"]
    assert table.index.tolist() == [1, 4]  # as the rows are counted in the file


def test_parquet_and_tables_keep_their_types(tmp_path):
    table = pd.DataFrame({"date": pd.date_range("2019-01-01", periods=2), "value": [1.0, 2.0]}, index=[5, 6])
    table.to_parquet(tmp_path / "t.parquet")

    for read in (read_table(tmp_path / "t.parquet"), read_table(table)):
        pd.testing.assert_frame_equal(read, table.set_axis([1, 2]))
    assert table.index.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "'t.csv'"),
        ("t.csv", b"date,value\n", "holds no rows"),
        ("t.csv", b"date,value\n\xff\xfe,1\n", "UTF-8"),
        ("t.csv", b"date,value\n1,2\n1,2,3,4\n", "'t.csv' is no CSV"),
        ("t.parquet", b"PAR1 not really", "'t.parquet' is no Parquet"),
        ("t.parquet", b"", "'t.parquet' is no Parquet"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ClimateDataError, match=message):
        read_table(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ClimateDataError, match=r"no file '.*nowhere\.csv'"):
        read_table(tmp_path / "nowhere.csv")
