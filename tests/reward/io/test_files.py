import codecs
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io import files
from nbutils.reward.io.files import read_csv, read_json
from nbutils.reward.io.pairs import read_pairs
from tests.reward.io.made import PLAIN, as_columns, gzipped, write_json, write_json_lines


def write_csv(path, **options):
    pd.DataFrame(PLAIN).to_csv(path, index=False, **options)
    return path


def write_pretty(path):
    path.write_text("\n".join(json.dumps(record, indent=4) for record in PLAIN), "utf-8")
    return path


def write_parquet(path):
    pd.DataFrame(PLAIN).to_parquet(path)
    return path


WRITERS = {
    "list.json": lambda path: write_json(path, PLAIN),
    "columns.json": lambda path: write_json(path, as_columns(PLAIN)),
    "by_row.json": lambda path: pd.DataFrame(PLAIN).to_json(path) or path,
    "one_after_another.json": write_pretty,
    "lines.jsonl": lambda path: write_json_lines(path, PLAIN),
    "lines.csv": lambda path: write_json_lines(path, PLAIN),
    "commas.csv": write_csv,
    "semicolons.csv": lambda path: write_csv(path, sep=";"),
    "tabs.tsv": lambda path: write_csv(path, sep="\t"),
    "table.parquet": write_parquet,
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", WRITERS)
def test_every_container_holds_the_same_pairs(tmp_path, name, packed):
    path = WRITERS[name](tmp_path / name)
    pairs = read_pairs(gzipped(path) if packed else path)

    assert pairs["model"].unique().tolist() == [name.split(".")[0]]
    for column in PLAIN[0]:
        assert pairs[column].tolist() == [record[column] for record in PLAIN]


@pytest.mark.parametrize("name", ["commas.csv", "lines.jsonl", "list.json"])
def test_byte_order_mark_and_windows_line_ends(tmp_path, name):
    path = WRITERS[name](tmp_path / name)
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"}\n", b"}\r\n").replace(b"5\n", b"5\r\n"))

    assert read_pairs(path)["pair_id"].tolist() == ["p0", "p1", "p2", "p3"]


CELLS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.integers(-9, 9),
    st.lists(st.floats(-1, 1), max_size=2),
)
RECORDS = st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), min_size=2, max_size=5)


@given(RECORDS, st.sampled_from([None, 2]))
def test_records_come_back_from_any_layout(records, indent):
    lines = "\n".join(json.dumps(record, indent=indent) for record in records)

    for text in (lines, json.dumps(records, indent=indent), json.dumps(records, ensure_ascii=False, indent=indent)):
        assert read_json(text.encode(), "f.json").to_dict("records") == records


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6), min_size=2, max_size=2)))
def test_cells_of_a_csv_stay_the_strings_that_they_are(rows):
    text = pd.DataFrame(rows, columns=["first,name", "b"], dtype=object).to_csv(index=False)
    cells = read_csv(text.encode(), "f.csv")

    assert [[*row] for row in cells.fillna("").to_numpy()] == rows


def test_halves_of_characters_become_writable(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([PLAIN[0] | {"chosen_text": "cut \ud83d", "rejected_text": "whole 😀"}]))

    pairs = read_pairs(path)

    assert pairs["chosen_text"].tolist() == ["cut ?"]
    assert pairs["rejected_text"].tolist() == ["whole 😀"]
    pairs.to_csv(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json", b"", "a.json is empty"),
        ("a.csv", b"\xef\xbb\xbf \r\n", "a.csv is empty"),
        ("a.json", b"[]", "a.json holds no rows"),
        ("a.csv", b"pair_id,chosen_score,rejected_score\n", "a.csv holds no rows"),
        ("a.json", b'[{"pair_id": 1,\n "chosen_score": }]', r"a.json, line 2: not valid JSON \(Expecting value\)"),
        ("a.jsonl", b'{"pair_id": 1}\n\n{"pair_id": 2,,}\n', "a.jsonl, line 3: not valid JSON"),
        ("a.jsonl", b'{"pair_id": 1}\n{"pair_id": "\xe9"}\n', "a.jsonl, line 2: byte 0xe9 is not UTF-8"),
        ("a.csv", "pair_id\n1\né\n".encode("latin-1"), "a.csv, line 3: byte 0xe9 is not UTF-8"),
        ("a.json", "[]".encode("utf-16"), "a.json, line 1: byte 0xff is not UTF-8"),
        ("a.json", b"<html></html>", "a.json, line 1: not valid JSON"),
        ("a.json", b"[" * 100_000, r"a.json, line 1: not valid JSON \(too deep or too long\)"),
        ("a.json", b'{"id": ' + b"9" * 5000 + b"}", "a.json, line 1: not valid JSON"),
        ("a.json", b"[1, 2]", "a.json, row 1: a JSON object is needed, not a int"),
        ("a.json", b'{"id": [1, 2], "scores": [1]}', "a.json: its columns differ in length"),
        ("a.csv", b"pair_id,subset\na,b\na,b,c\n", r"a.csv is no CSV table \(.*line 3, saw 3\): quote cells"),
        ("a.csv", b"pair_id,subset\na,b,c\nd,e,f\n", "a.csv: rows have more cells than the header"),
        ("a.parquet", b"PAR1 and no more", "a.parquet is a damaged Parquet file"),
        ("a.json.gz", b"\x1f\x8b\x08 and no more", "a.json.gz is a damaged gzip file"),
        ("a.csv", b"\x80\x04\x95\x10", "a.csv, line 1: byte 0x80 is not UTF-8"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)

    with pytest.raises(RewardDataError, match=message):
        read_pairs(tmp_path / name)


def test_a_file_that_cannot_be_opened(tmp_path):
    with pytest.raises(RewardDataError, match=r"cannot be read: Is a directory"):
        files.unpacked(tmp_path)
