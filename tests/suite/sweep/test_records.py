import pytest

from nbutils.suite import OutputError
from nbutils.suite.sweep.records import Run, Start, note_start, read_records, record_name, starts
from nbutils.suite.sweep.storage import Folder

RUN = Run(name="a-1", parameters={"a": 1})
FINDING = {"claim": "c", "quantity": "q", "measured": 2.0, "interval": (1.0, 3.0), "verdict": "holds"}


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path))


def test_a_record_is_read_as_it_was_written(folder, make_record):
    record = make_record(RUN, findings=[FINDING], files=["asks.ipynb"])
    folder.write(record_name(RUN.name), record.model_dump_json().encode())
    assert read_records(folder, ["b-2", RUN.name]) == {RUN.name: record}


@pytest.mark.parametrize("content", [b"", b"{}", b'{"run": "a-1"'])
def test_a_damaged_record_is_named_with_the_way_out(folder, content):
    folder.write(record_name(RUN.name), content)
    with pytest.raises(OutputError, match=r"runs/a-1/sweep_record.json is damaged; delete it and .* --resume"):
        read_records(folder, [RUN.name])


def test_a_record_of_another_run_is_damaged(folder, make_record):
    record = make_record(Run(name="b-2", parameters={}))
    folder.write(record_name(RUN.name), record.model_dump_json().encode())
    with pytest.raises(OutputError, match="is damaged"):
        read_records(folder, [RUN.name])


def test_every_start_is_counted(folder):
    start = Start(worker="w", started="2026-01-01T00:00:00+00:00")
    for invocation, identity in [("f1", "x"), ("f1", "y"), ("f2", "x")]:
        note_start(folder, RUN.name, invocation, start, identity)
    assert sorted(starts(folder, RUN.name)) == ["f1-x.json", "f1-y.json", "f2-x.json"]
    assert starts(folder, "b-2") == []
