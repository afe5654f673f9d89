import json
import os
import random

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nbutils import suite
from nbutils.suite import project
from nbutils.suite.findings import MIME_TYPE

FINDING = {"claim": "it grows", "quantity": "ratio", "measured": 2.0, "interval": (1, 3), "verdict": "holds"}
TABLE = pd.DataFrame({"layer": [0, 1], "norm": [0.5, 1.5]})


def line_figure() -> Figure:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0.5, 1.5])
    axes.imshow(np.eye(3))
    return figure


@pytest.fixture
def shown(monkeypatch) -> list:
    """What a notebook would display: (object, metadata) pairs."""
    outputs = []
    for module in ("run", "figure_output"):
        monkeypatch.setattr(
            f"nbutils.suite.{module}.display", lambda it, metadata=None, raw=False: outputs.append((it, metadata))
        )
    return outputs


@pytest.fixture
def start(tmp_path, declarations, shown):
    return lambda **values: suite.start("norms", declarations, {"output_dir": str(tmp_path / "out"), **values})


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_parameters_are_typed_and_the_folder_is_made(start, tmp_path):
    run = start(count="4")
    assert run.parameters.count == 4
    assert run.folder == tmp_path / "out"
    assert contents(tmp_path / "out") == {}


def test_a_wrong_parameter_makes_no_folder(start, tmp_path):
    with pytest.raises(suite.ParameterError, match="count = 99"):
        start(count=99)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_an_error(start, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(suite.OutputError, match="a file is in its way"):
        start()


def test_an_empty_output_dir_means_the_projects_results(start, tmp_path, monkeypatch):
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    assert start(output_dir="").folder == tmp_path / "results" / "norms"


def test_a_relative_output_dir_starts_at_the_working_directory(start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert start(output_dir="here").folder == tmp_path / "here"


def test_the_seed_fixes_random_and_numpy(start):
    draws = []
    for seed in (1, 1, 2):
        start(seed=seed)
        draws.append((random.random(), np.random.rand()))
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]


def test_show_displays_the_picture_then_its_caption_and_writes_nothing(start, shown, tmp_path):
    start().show("growth", line_figure(), TABLE, "It *grows*.")
    (picture, metadata), (caption, _) = shown
    assert picture["image/png"].startswith("iVBORw0KGgo")
    assert metadata == {"image/png": {"alt": "It *grows*."}}
    assert caption["text/markdown"] == "It *grows*."
    assert contents(tmp_path / "out") == {}


def test_a_pyplot_figure_is_closed(start):
    plt = pytest.importorskip("matplotlib.pyplot")
    figure = plt.figure()
    start().show("empty", figure, TABLE, "Nothing.")
    assert not plt.fignum_exists(figure.number)


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a.b", "a b"])
def test_a_figure_name_must_be_a_plain_file_name(start, name):
    with pytest.raises(ValueError, match="Figure name"):
        start().show(name, line_figure(), TABLE, "c")


def test_a_cell_that_is_executed_again_replaces_its_figure(start, tmp_path):
    run = start()
    run.show("a", line_figure(), TABLE, "c")
    run.show("a", line_figure(), TABLE[:1], "c")
    run.finish()
    assert (tmp_path / "out" / "a.csv").read_text() == "layer,norm\n0,0.5\n"


def test_finish_writes_everything_and_carries_the_record(start, shown, tmp_path):
    run = start(seed=5)
    run.show("growth", line_figure(), TABLE, "It grows.")
    run.finding(**FINDING)
    run.finish([{**FINDING, "verdict": "fails"}])
    written = contents(tmp_path / "out")
    assert set(written) == {"growth.png", "growth.svg", "growth.csv", "run.json", "findings.json"}
    assert written["growth.csv"] == b"layer,norm\n0,0.5\n1,1.5\n"
    record = json.loads(written["findings.json"])
    assert list(record) == ["schema_version", "notebook", "parameters", "findings"]
    assert record["schema_version"] == 1
    assert record["notebook"] == "norms"
    assert record["parameters"] == {"count": 3, "model": "small", "layers": None, "seed": 5}
    assert [finding["verdict"] for finding in record["findings"]] == ["holds", "fails"]
    bundle, _ = shown[-1]
    assert bundle[MIME_TYPE] == record
    assert set(bundle) == {MIME_TYPE, "text/html", "text/plain"}


def test_run_json_says_what_the_result_was_made_with(start, tmp_path):
    run = start(seed=5)
    run.show("growth", line_figure(), TABLE, "It grows.")
    run.finish()
    about = json.loads((tmp_path / "out" / "run.json").read_text())
    assert about["seed"] == 5
    assert "output_dir" not in about["parameters"]
    assert about["files"] == ["growth.csv", "growth.png", "growth.svg"]
    assert about["packages"]["numpy"] == np.__version__
    assert about["devices"][0] == "cpu"


def test_a_rerun_writes_the_same_bytes(start, shown, tmp_path):
    written, outputs = [], []
    for _ in range(2):
        run = start()
        run.show("growth", line_figure(), TABLE, "It grows.")
        run.finish([FINDING])
        written.append(contents(tmp_path / "out"))
        outputs.append([it for it, _ in shown if isinstance(it, dict)])
        shown.clear()
    assert written[0] == written[1]
    assert outputs[0] == outputs[1]


def test_files_that_are_no_longer_produced_are_removed(start, tmp_path):
    run = start()
    run.show("old", line_figure(), TABLE, "c")
    run.finish()
    (tmp_path / "out" / "note.txt").write_text("of the user")
    (tmp_path / "outside.txt").write_text("kept")
    about = json.loads((tmp_path / "out" / "run.json").read_text())
    about["files"] += ["../outside.txt", ".."]
    (tmp_path / "out" / "run.json").write_text(json.dumps(about))
    run = start()
    run.show("new", line_figure(), TABLE, "c")
    run.finish()
    expected = {"new.png", "new.svg", "new.csv", "run.json", "findings.json", "note.txt"}
    assert set(contents(tmp_path / "out")) == expected
    assert (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize("broken", [b"{", b"[]", b'{"files": [3]}', b"\xff"])
def test_a_broken_run_json_does_not_stop_a_run(start, tmp_path, broken):
    run = start()
    (tmp_path / "out" / "run.json").write_bytes(broken)
    run.finish()
    assert (tmp_path / "out" / "findings.json").exists()


@pytest.mark.parametrize("cut_at", ["run.json", "growth.svg", "findings.json"])
def test_an_interrupted_finish_leaves_no_findings(start, tmp_path, monkeypatch, cut_at):
    start().finish([FINDING])
    run = start()
    run.show("growth", line_figure(), TABLE, "It grows.")
    replace = os.replace

    def cut(source, target):
        if os.path.basename(target) == cut_at:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        run.finish([FINDING])
    left = contents(tmp_path / "out")
    assert "findings.json" not in left
    assert not [name for name in left if name.startswith(".")]


def test_the_run_after_an_interrupted_one_leaves_no_orphans(start, tmp_path, monkeypatch):
    run = start()
    run.show("orphan", line_figure(), TABLE, "c")
    replace = os.replace

    def cut(source, target):
        if os.path.basename(target) == "findings.json":
            raise KeyboardInterrupt
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            run.finish()
    assert "orphan.png" in contents(tmp_path / "out")
    start().finish()
    assert set(contents(tmp_path / "out")) == {"run.json", "findings.json"}


def test_a_wrong_finding_leaves_the_run_open(start, tmp_path):
    run = start()
    with pytest.raises(ValueError, match="finite"):
        run.finish([FINDING, {**FINDING, "measured": float("nan")}])
    assert contents(tmp_path / "out") == {}
    run.finish([FINDING])
    assert len(json.loads((tmp_path / "out" / "findings.json").read_text())["findings"]) == 1


@pytest.mark.parametrize(
    "again",
    [
        lambda run: run.finish(),
        lambda run: run.finding(**FINDING),
        lambda run: run.show("late", line_figure(), TABLE, "c"),
    ],
)
def test_a_finished_run_takes_nothing_more(start, again):
    run = start()
    run.finish()
    with pytest.raises(RuntimeError, match="norms is finished"):
        again(run)


def test_an_infinite_parameter_is_stored_as_null(tmp_path, shown):
    import pydantic

    class Open(pydantic.BaseModel):
        limit: float
        seed: int
        output_dir: str

    suite.start("norms", Open, {"limit": float("inf"), "seed": 0, "output_dir": str(tmp_path)}).finish()
    assert json.loads((tmp_path / "findings.json").read_text())["parameters"]["limit"] is None
