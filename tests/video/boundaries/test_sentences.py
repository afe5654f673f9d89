import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.boundaries import find_sentences
from nbutils.video.errors import VideoError


def captions(*rows):
    return pd.DataFrame(rows, columns=["start", "end", "text"])


def texts(text):
    return find_sentences(captions((0.0, 10.0, text)))["text"].tolist()


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Smith met Dr. Jones at St. Mary's.", "They talked."],
        ["It cost 3.50 dollars in No. 5.", "No.", "I paid."],
        ["J. K. Rowling wrote it.", "So did I.", "Why?"],
        ["He works for the U.S. Army, e.g. in Texas.", "She does not!"],
        ["Well... maybe… not.", "Yes…", "No?!"],
        ["“Really?” she said.", "“Yes.”", "(He left.)"],
        ["See Fig. 3 and pp. 12 to 14.", "It ends at 5 p.m.", "Then we go."],
        ["Costs, time etc. are listed.", "And so on."],
        ["今日は。", "元気ですか？", "はい！"],
        ["no capitals here. but stops.", "and more"],
    ],
)
def test_sentences_are_told_apart(sentences):
    joined = "".join(sentences) if "。" in sentences[0] else " ".join(sentences)
    if joined == joined.lower() and joined.isascii():
        # Without capital letters the next word says nothing.
        assert texts(joined) == ["no capitals here.", "but stops.", "and more"]
    else:
        assert texts(joined) == sentences


def test_sentences_go_across_captions():
    found = find_sentences(
        captions((0, 2, "This is the first half"), (2.1, 4, "and this the second. Next"), (4, 5, "one."))
    )
    assert found["text"].tolist() == ["This is the first half and this the second.", "Next one."]
    assert found["start"].tolist() == [0.0, pytest.approx(2.1 + 1.9 * 21 / 25)]
    assert found["end"].tolist() == [pytest.approx(2.1 + 1.9 * 20 / 25), 5.0]


def test_a_silence_ends_a_sentence():
    rows = captions((0, 2, "no stops at all"), (3, 5, "still going"), (8, 9, "after a silence"))
    assert find_sentences(rows)["text"].tolist() == ["no stops at all still going", "after a silence"]
    assert len(find_sentences(rows, pause=0.5)) == 3


def test_sounds_and_music_are_no_sentences():
    rows = captions((0, 1, "[applause]"), (1, 2, "♪ la la ♪"), (2, 3, "(laughs) [door]"), (3, 4, "Hello."), (4, 5, ""))
    assert find_sentences(rows)["text"].tolist() == ["Hello."]
    assert find_sentences(rows.iloc[:3]).empty
    assert list(find_sentences(rows.iloc[:0]).columns) == ["start", "end", "text"]


words = st.lists(
    st.sampled_from(["Yes", "no", "Dr.", "end.", "What?", "5", "U.S.", "…", "[x]"]), min_size=1, max_size=6
)
times = st.integers(0, 40)


@given(st.lists(st.tuples(times, times, words), max_size=8))
def test_times_stay_within_captions_and_no_word_is_lost(rows):
    table = captions(*((min(a, b), max(a, b), " ".join(said)) for a, b, said in rows)).astype(
        {"start": float, "end": float}
    )
    found = find_sentences(table)
    assert (found["start"] <= found["end"] + 1e-9).all()
    assert found["start"].is_monotonic_increasing
    spoken = table[table["text"].str.replace("[x]", "").str.strip() != ""]
    if len(spoken):
        assert found["start"].min() >= spoken["start"].min() - 1e-9
        assert found["end"].max() <= spoken["end"].max() + 1e-9
    kept = " ".join(found["text"]).split()
    assert sorted(kept) == sorted(" ".join(spoken["text"]).split())
    shuffled = (
        find_sentences(table.sample(frac=1, random_state=0)) if table.duplicated(["start", "end"]).sum() == 0 else found
    )
    pd.testing.assert_frame_equal(shuffled, found)


def test_wrong_captions_are_named():
    with pytest.raises(VideoError, match="row 1 of the table of captions ends at 1 s, before its start at 2 s"):
        find_sentences(captions((0, 1, "a"), (2, 1, "b")))
    with pytest.raises(VideoError, match="start is nan"):
        find_sentences(captions((np.nan, 1, "a")))
    with pytest.raises(VideoError, match="a pause of -1 s"):
        find_sentences(captions((0, 1, "a")), pause=-1)


@pytest.mark.parametrize("text", [None, float("nan"), 5])
def test_captions_without_text_are_refused(text):
    with pytest.raises(VideoError, match=r"row 1 of the table of captions: text is (nan|None|5), which is no text"):
        find_sentences(captions((0.0, 1.0, "Yes."), (1.0, 2.0, text)))


def test_a_pause_that_is_no_time_is_refused():
    with pytest.raises(VideoError, match="a pause of nan s"):
        find_sentences(captions((0.0, 1.0, "Yes.")), pause=float("nan"))
