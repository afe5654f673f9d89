import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.video.annotations import Annotations, parse_annotations, read_annotations, write_annotations
from nbutils.video.errors import VideoError


def test_real_annotations_survive_a_round_trip(shared_data, tmp_path):
    path = shared_data("repurpose_val.json")
    write_annotations(read_annotations(path), tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads(path.read_text())


hundredths = st.integers(0, 179_999).map(lambda number: number / 100)
cuts = st.lists(hundredths, max_size=10, unique=True).map(sorted)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 5), cuts), min_size=1, max_size=4))
def test_values_survive_a_round_trip(tmp_path_factory, windows):
    entries = []
    for i, (part, times) in enumerate(windows):
        start = 1800 * part
        clips = [[start + a, start + b] for a, b in zip(times[::2], times[1::2], strict=False)]
        entries.append(
            {
                "youtube_id": f"video {i} é",
                "timeRange": [start, start + 1800],
                "segments": clips,
                "timeRangeOffset": [0, 1800],
                "segmentsOffset": [[a - start, b - start] for a, b in clips],
                "coverage": 1 / 3,
            }
        )
    path = tmp_path_factory.mktemp("round") / "made.json"
    write_annotations(parse_annotations(entries), path)
    assert json.loads(path.read_text()) == entries


def test_missing_coverage_stays_missing(tmp_path, entry):
    without = entry()
    del without["coverage"]
    write_annotations(parse_annotations([without]), tmp_path / "made.json")
    assert json.loads((tmp_path / "made.json").read_text()) == [without]


def test_clips_of_unknown_windows_are_refused(tmp_path, entry):
    read = parse_annotations([entry()])
    with pytest.raises(VideoError, match="'other', which is not in the table of windows"):
        write_annotations(Annotations(read.windows, read.clips.assign(window_id="other")), tmp_path / "made.json")
    assert list(tmp_path.iterdir()) == []


def test_wrong_clips_are_not_written(tmp_path, entry):
    read = parse_annotations([entry()])
    with pytest.raises(VideoError, match="is not within timeRange"):
        write_annotations(Annotations(read.windows, read.clips.assign(end=700.0)), tmp_path / "made.json")
    assert list(tmp_path.iterdir()) == []
