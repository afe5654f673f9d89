import difflib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.reward.corruption import CHANGES, corrupt, words_by_length

TEXT = "  The router picks\tthe experts, and   it\nnever says why; nobody asked it to explain anything here.\n"
VOCABULARY = words_by_length(["an odd fish swims slowly beneath thirteen tables, while seven bakers knead their dough"])


def changed_words(before, after):
    return sum(a != b for a, b in zip(before.split(), after.split(), strict=True))


@given(
    text=st.text(alphabet="abc é\n\t,", max_size=80),
    kind=st.sampled_from(list(CHANGES)),
    severity=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_length_and_white_space_stay(text, kind, severity, seed):
    vocabulary = words_by_length(["a b cc ba abc", text])
    after = corrupt(text, kind, severity, vocabulary, np.random.default_rng(seed))
    assert len(after) == len(text)
    assert [c if c.isspace() else "x" for c in after].count("x") == [c if c.isspace() else "x" for c in text].count("x")
    if kind != "swapped":
        assert [c.isspace() for c in after] == [c.isspace() for c in text]


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("seed", range(5))
def test_at_least_one_word_changes_and_more_with_severity(kind, seed):
    rng = np.random.default_rng(seed)
    counts = [changed_words(TEXT, corrupt(TEXT, kind, severity, VOCABULARY, rng)) for severity in (0, 0.2, 0.9)]
    assert 1 <= counts[0] <= 2
    assert counts[0] < counts[1] < counts[2] or kind == "swapped"
    assert counts[0] < counts[2]


def test_what_each_kind_does():
    rng = np.random.default_rng(0)
    swapped, shuffled, foreign = (corrupt(TEXT, kind, 0.3, VOCABULARY, rng) for kind in CHANGES)
    assert sorted(swapped.split()) == sorted(TEXT.split())
    assert [sorted(word) for word in shuffled.split()] == [sorted(word) for word in TEXT.split()]
    known = set(TEXT.split()) | {word for words in VOCABULARY.values() for word in words}
    assert set(foreign.split()) <= known
    assert [len(word) for word in foreign.split()] == [len(word) for word in TEXT.split()]
    assert max(difflib.SequenceMatcher(None, TEXT, other).ratio() for other in (swapped, shuffled, foreign)) < 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [("word", "swapped"), ("a a a", "swapped"), ("aa b", "shuffled"), ("nobody", "foreign"), ("", "swapped")],
)
def test_what_cannot_be_changed_is_given_back(text, kind):
    assert corrupt(text, kind, 0.5, {2: ["xy"]}, np.random.default_rng(0)) == text


def test_words_by_length():
    assert words_by_length(["b a", "a\ncc"]) == {1: ["a", "b"], 2: ["cc"]}
