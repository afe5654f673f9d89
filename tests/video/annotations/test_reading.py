import json

import numpy as np
import pytest

from nbutils.video.annotations import parse_annotations, read_annotations, read_repaired_annotations
from nbutils.video.errors import VideoError


@pytest.fixture
def written(tmp_path):
    def write(entries):
        path = tmp_path / "made.json"
        path.write_text(json.dumps(entries))
        return path

    return write


def test_times_are_relative_to_the_window(written, entry):
    read = read_annotations(written([entry(window=(1800, 2400.5), clips=[(1810.25, 1840.5)])]))
    assert read.windows.iloc[0].to_dict() == {
        "window_id": "abc@1800",
        "video_id": "abc",
        "window_start": 1800.0,
        "window_end": 2400.5,
        "duration": 600.5,
        "clips": 1,
        "coverage": 0.1,
    }
    assert read.clips[["start", "end"]].to_numpy().tolist() == [[10.25, 40.5]]


def test_windows_without_clips_are_kept(entry):
    read = parse_annotations([entry(clips=[]), entry(window=(600.0, 900.0), clips=[(600, 620)])])
    assert read.windows["clips"].tolist() == [0, 1]
    assert read.clips["window_id"].tolist() == ["abc@600"]


def test_repeated_windows_are_told_apart(entry):
    read = parse_annotations([entry(), entry(), entry(window=(600.0, 700.0), clips=[])])
    assert read.windows["window_id"].tolist() == ["abc@0", "abc@0#2", "abc@600"]
    assert read.clips["window_id"].value_counts().to_dict() == {"abc@0": 2, "abc@0#2": 2}


def test_offsets_and_coverage_may_be_absent(entry):
    full = entry()
    read = parse_annotations([{field: full[field] for field in ("youtube_id", "timeRange", "segments")}])
    assert read.clips["start"].tolist() == [10.5, 50.0]
    assert np.isnan(read.windows["coverage"].item())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"youtube_id": ""}, "entry 1: youtube_id is ''"),
        ({"youtube_id": 7}, "entry 1: youtube_id is 7"),
        ({"timeRange": [10, 10]}, r"entry 1 \('abc'\): timeRange is \[10, 10\]; it must be 0 <= start < end"),
        ({"timeRange": [0, "600"]}, r"entry 1 \('abc'\): timeRange holds '600', not a number"),
        ({"timeRange": [0, True]}, r"timeRange holds True, not a number"),
        ({"timeRange": [0]}, r"timeRange is \[0\], not \[start, end\]"),
        ({"timeRange": [-1, 10]}, "it must be 0 <= start"),
        ({"segments": {"a": 1}}, r"segments is {'a': 1}, not a list"),
        ({"segments": [[1, 2], [3]]}, r"segments\[1\] is \[3\], not \[start, end\]"),
        ({"segments": [[1, float("nan")]]}, r"segments\[0\] holds nan, not a number"),
        ({"segments": [[1, 10**400]]}, r"segments\[0\] holds 1000"),
        ({"coverage": None}, "coverage holds None"),
        ({"segmentsOffset": 3}, "segmentsOffset is 3"),
    ],
)
def test_wrong_fields_are_named(entry, fields, sentence):
    with pytest.raises(VideoError, match=sentence):
        parse_annotations([entry(), entry(**fields)])


@pytest.mark.parametrize("field", ["youtube_id", "timeRange", "segments"])
def test_absent_fields_are_named(entry, field):
    broken = entry()
    del broken[field]
    with pytest.raises(VideoError, match=f"entry 0 has no '{field}'"):
        parse_annotations([broken])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"a": 1}, "must be a list with one object for each window, not dict"),
        ([], "not an empty list"),
        ([3], "entry 0 is 3, not an object"),
    ],
)
def test_other_content_is_refused(content, sentence):
    with pytest.raises(VideoError, match=sentence):
        parse_annotations(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[1, 2", "is not JSON: .* in line 1, column 6"),
        (b"\xff\xfe[", "is not UTF-8 at byte 0"),
        (b"[" * 100_000, "is not usable JSON"),
        (b"[" + b"9" * 5000 + b"]", "is not usable JSON"),
    ],
)
def test_files_that_are_no_annotations_are_refused(tmp_path, content, sentence):
    path = tmp_path / "made.json"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=sentence):
        read_annotations(path)


def test_absent_files_are_named(tmp_path):
    with pytest.raises(VideoError, match=r"none\.json.*check the path"):
        read_annotations(tmp_path / "none.json")


# Clips of a window of 0 to 600 s, what the error says, the clips after the repair, and the number of repairs.
WRONG_CLIPS = [
    ([(40, 10)], r"segments\[0\]: \[40, 10\] ends before it starts", [(10, 40)], 1),
    ([(10, 10), (20, 30)], r"segments\[0\]: \[10, 10\] has no length", [(20, 30)], 1),
    ([(590, 620)], r"\[590, 620\] is not within timeRange \[0, 600\]", [(590, 600)], 1),
    ([(-5, 20)], r"\[-5, 20\] is not within", [(0, 20)], 1),
    ([(700, 720)], r"\[700, 720\] is not within", [], 1),
    ([(50, 60), (10, 20)], "are not in order of time", [(10, 20), (50, 60)], 1),
    ([(10, 30), (20, 40)], r"\[20, 40\] overlaps a clip before it, which ends at 30 s", [(10, 30), (30, 40)], 1),
    ([(10, 50), (20, 40), (45, 60)], r"\[20, 40\] overlaps .*, and 1 more;", [(10, 50), (50, 60)], 2),
    ([(30, 20), (610, 590), (0, 10)], "and 3 more;", [(0, 10), (20, 30), (590, 600)], 4),
]


@pytest.mark.parametrize(("clips", "sentence", "mended", "repairs"), WRONG_CLIPS)
def test_wrong_clips_are_refused_or_mended(written, entry, clips, sentence, mended, repairs):
    path = written([entry(clips=clips)])
    with pytest.raises(VideoError, match=sentence):
        read_annotations(path)

    read, report = read_repaired_annotations(path)

    assert read.clips[["start", "end"]].to_numpy().tolist() == [list(clip) for clip in mended]
    assert read.windows["clips"].item() == len(mended)
    assert len(report) == repairs
    assert report["place"].str.startswith("made.json, entry 0 ('abc')").all()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"timeRangeOffset": [0, 500]}, r"timeRangeOffset: \[0, 500\] is not timeRange less its start"),
        ({"segmentsOffset": [[10.5, 40.25]]}, "segmentsOffset: has 1 clips where segments has 2"),
        ({"segmentsOffset": [[10.5, 40.25], [51, 80]]}, r"segmentsOffset\[1\]: \[51, 80\] is not segments\[1\]"),
        ({"title": "x"}, "the field 'title' is not known"),
    ],
)
def test_fields_that_disagree_are_refused_or_passed_over(written, entry, fields, sentence):
    path = written([entry(**fields)])
    with pytest.raises(VideoError, match=sentence):
        read_annotations(path)
    read, report = read_repaired_annotations(path)
    assert read.clips["start"].tolist() == [10.5, 50.0]
    assert len(report) == 1


def test_nothing_to_mend_is_no_repair(written, entry):
    _, report = read_repaired_annotations(written([entry()]))
    assert report.empty
