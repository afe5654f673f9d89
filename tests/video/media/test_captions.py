import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.video.errors import VideoError
from nbutils.video.media import read_captions, write_srt, write_vtt

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n00:01:03,250 --> 01:00:04,000\nthere,\nyou\n"


def read(tmp_path, content, **options):
    (tmp_path / "words.srt").write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_captions(tmp_path / "words.srt", **options)


def rows(captions):
    return list(captions.table.itertuples(index=False, name=None))


EXPECTED = [(1.0, 2.5, "Hello"), (63.25, 3604.0, "there,\nyou")]


@pytest.mark.parametrize(
    "content",
    [
        SRT.encode(),
        SRT.replace("\n", "\r\n").encode(),
        SRT.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + SRT.encode(),
        SRT.encode("utf-16"),
        SRT.replace("\n\n", "\n").encode(),
        SRT.replace("\n\n", "\n \n\n\n").encode(),
        SRT.replace(" --> ", "-->").encode(),
        SRT.replace("2,500", "2,500  X1:100 X2:200").encode(),
        SRT.replace("there,\n", "there,\n\n").encode(),
    ],
    ids=[
        "plain",
        "crlf",
        "cr",
        "bom",
        "utf-16",
        "no empty lines",
        "more empty lines",
        "arrow",
        "place",
        "in two parts",
    ],
)
def test_srt_as_it_is_found(tmp_path, content):
    captions = read(tmp_path, content)

    assert rows(captions) == EXPECTED
    assert captions.notes == ()


def test_vtt(tmp_path):
    captions = read(
        tmp_path,
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\n00:05.000 --> 00:06.000\n\n"
        "first\n00:01.000 --> 00:02.500 align:start position:0%\n<v Ann>Hel<00:01.500><c.loud>lo</c></v>\n\n"
        "00:01:03.250 --> 01:00:04.000\nthere,\nyou\n",
    )

    assert rows(captions) == EXPECTED


def test_marks_are_left_out_and_words_kept(tmp_path):
    written = '{\\an8}<i>a</i> &amp; <font color="#fff">b</font> &lt; c <3 x < y > z\xa0--> 5'

    (row,) = rows(read(tmp_path, f"1\n00:00:01,000 --> 00:00:02,000\n{written}\n"))

    assert row[2] == "a & b < c <3 x < y > z --> 5"


def test_the_encoding_is_told(tmp_path):
    content = SRT.replace("Hello", "Café naïve “so”")

    captions = read(tmp_path, content.encode("cp1252"))

    assert captions.table["text"][0] == "Café naïve “so”"
    assert captions.encoding == "cp1252"
    assert "read as Windows-1252" in captions.notes[0]
    assert read(tmp_path, content.encode()).encoding == "utf-8"
    cyrillic = read(tmp_path, SRT.replace("Hello", "Привет").encode("cp1251"), encoding="cp1251")
    assert (cyrillic.table["text"][0], cyrillic.notes) == ("Привет", ())


def test_bytes_of_no_encoding(tmp_path):
    with pytest.raises(VideoError, match=r"'words.srt' are not in utf-8 or cp1252: give their encoding"):
        read(tmp_path, SRT.encode() + b"\x81\x8d\xff")
    with pytest.raises(VideoError, match=r"not in ascii"):
        read(tmp_path, "é" + SRT, encoding="ascii")
    with pytest.raises(VideoError, match=r"encoding 'latin-99' is not known"):
        read(tmp_path, SRT, encoding="latin-99")


def test_captions_are_sorted_and_what_is_odd_is_told(tmp_path):
    captions = read(
        tmp_path,
        "1\n00:00:05,000 --> 00:00:07,000\nlate\n\n2\n00:00:01,000 --> 00:00:02,000\nearly\n\n"
        "3\n00:00:06,000 --> 00:00:08,000\nbeside\n\n4\n00:00:09,000 --> 00:00:09,000\nnever\n\n"
        "5\n00:00:09,000 --> 00:00:10,000\n<i> </i>\n",
    )

    assert rows(captions) == [(1, 2, "early"), (5, 7, "late"), (6, 8, "beside")]
    assert captions.notes == (
        "captions without text or duration were left out: 2 (first: line 14)",
        "captions that start before the one above them were sorted: 1 (first: line 6)",
        "captions that begin before those above them end: 1 (first: at 6.0 s)",
    )


@pytest.mark.parametrize(
    "times",
    [
        "00:00:61,000 --> 00:00:62,000",
        "00:60:01,000 --> 00:61:02,000",
        "00:00:01,000 - 00:00:02,000",
        "00:00:01,000 -->",
        "00:00:01:000 --> 00:00:02:000",
        "-00:00:01,000 --> 00:00:02,000",
        "one --> two",
    ],
)
def test_bad_times_are_named_by_line(tmp_path, times):
    with pytest.raises(VideoError, match=r"line 6 of captions 'words.srt' has "):
        read(tmp_path, f"1\n00:00:01,000 --> 00:00:02,000\nwell\n\n2\n{times}\nbadly\n")


@pytest.mark.parametrize("content", ["", "hello", "WEBVTT\n", "1\n00:00:01,000 --> 00:00:02,000\n\n"])
def test_files_without_captions(tmp_path, content):
    with pytest.raises(VideoError, match=r"'words.srt' holds no captions"):
        read(tmp_path, content)


def test_a_missing_file(tmp_path):
    with pytest.raises(VideoError, match="there is no caption file"):
        read_captions(tmp_path / "words.srt")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029", exclude_categories=["C", "Z"]))
LINES = st.lists(WORDS.filter(bool), min_size=1, max_size=3).map("\n".join)
SOME_CAPTIONS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**5), LINES), min_size=1, max_size=5)


@settings(max_examples=40)
@given(captions=SOME_CAPTIONS, line=st.sampled_from(["<b>", "&amp;", "a --> b", "12", "NOTE"]))
def test_what_is_written_as_vtt_is_read_again(tmp_path_factory, captions, line):
    table = as_table([*captions, (5, 10, line)])
    file = tmp_path_factory.mktemp("captions") / "words.vtt"

    write_vtt(table, file)

    pd.testing.assert_frame_equal(read_captions(file).table, sorted_table(table))


@settings(max_examples=40)
@given(captions=SOME_CAPTIONS)
def test_what_is_written_as_srt_is_read_again(tmp_path_factory, captions):
    """All but what SRT has no way to write: marks, and a number at the end of a text."""
    marks = dict.fromkeys(map(ord, "<>&{}-0123456789"), "x")
    table = as_table([(start, length, text.translate(marks)) for start, length, text in captions])
    file = tmp_path_factory.mktemp("captions") / "words.srt"

    write_srt(table, file)

    pd.testing.assert_frame_equal(read_captions(file).table, sorted_table(table))


def as_table(captions):
    rows = [(start / 1000, (start + length) / 1000, text) for start, length, text in captions]
    return pd.DataFrame(rows, columns=["start", "end", "text"])


def sorted_table(table):
    return table.drop_duplicates().sort_values(["start", "end"], kind="stable", ignore_index=True)


def test_srt_to_the_letter(tmp_path):
    write_srt(
        pd.DataFrame({"start": [1.0, 3599.9996], "end": [2.5, 3661.5], "text": ["Hi", "a\n\nb "]}), tmp_path / "x.srt"
    )

    assert (tmp_path / "x.srt").read_text() == (
        "1\n00:00:01,000 --> 00:00:02,500\nHi\n\n2\n01:00:00,000 --> 01:01:01,500\na\nb\n"
    )


@pytest.mark.parametrize(("start", "end"), [(2, 1), (-1, 1), (float("nan"), 1), (0, float("inf")), (1, 1)])
def test_bad_rows_are_not_written(tmp_path, start, end):
    captions = pd.DataFrame({"start": [0.0, start], "end": [1.0, end], "text": ["a", "b"]})

    for write in (write_srt, write_vtt):
        with pytest.raises(VideoError, match="row 1 of the captions"):
            write(captions, tmp_path / "words")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(VideoError, match="cannot write"):
        write_srt(pd.DataFrame({"start": [0.0], "end": [1.0], "text": ["a"]}), tmp_path / "no" / "words.srt")
