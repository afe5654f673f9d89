import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.reward.characteristics import CHARACTERISTICS, characteristics_of, with_characteristics
from nbutils.reward.errors import RewardDataError

MARKED = """# Title
 ## Second!
    # four spaces make no header
#no space, no header

- one **bold** and __strong__ thing
  * two `x != y` and `**no**`
3. three
10) four
-no item, 1.no item
2.5 is no item either
```python
# a comment!
- **not counted**
```
Wow!!
~~~
unclosed ``` is code to the end!
"""


def counted(text):
    return characteristics_of([text], CHARACTERISTICS).iloc[0].to_dict()


def test_marks_of_a_response():
    assert counted(MARKED) == {
        "chars": len(MARKED),
        "words": len(MARKED.split()),
        "headers": 2,
        "lists": 4,
        "bold": 2,
        "exclamations": 3,
        "code": 2,
    }


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("**a b** and **c**", 2),
        ("***both***", 1),
        ("** no ** 2**3", 0),
        ("**no\nline break**", 0),
        ("****", 0),
        ("**`code`**", 1),
        ("__a_b__ but not snake__case__name", 1),
        ("a**b**c", 1),
        ("f`__init__` only in code", 0),
    ],
)
def test_bold(text, number):
    assert counted(text)["bold"] == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("```\na\n```", 1),
        ("```a```", 0),
        ("   ````py\n```\n````\n```\nb", 2),
        ("~~~ `x`\n~~~\r\n```\r\n```", 2),
        ("text ``` text", 0),
        ("```\n~~~\n```\n", 1),
    ],
)
def test_fenced_blocks(text, number):
    assert counted(text)["code"] == number


def test_what_follows_a_closed_block_is_prose_again():
    assert counted("```\n# no\n```\n# yes\n- yes!")["headers"] == 1
    assert counted("# yes\n```\n# no\n")["headers"] == 1
    assert counted("```\r\n# no\r\n```\r\n# yes\r\n")["headers"] == 1


def test_nothing_is_counted_in_an_empty_response():
    assert set(counted("").values()) == {0}


MARKUP = st.lists(
    st.sampled_from(["# a", "- b", "1. c", "**d**", "__e__", "f!", "`g!`", " ", "", "word — ü", "#", "*", "`", "~~"]),
    max_size=12,
).map("\n".join)


@given(MARKUP, MARKUP)
def test_paragraphs_add_up(first, second):
    both, alone = counted(first + "\n\n" + second), pd.DataFrame([counted(first), counted(second)]).sum()

    for name in ("words", "headers", "lists", "bold", "exclamations", "code"):
        assert both[name] == alone[name]
    assert both["chars"] == alone["chars"] + 2


@given(MARKUP, MARKUP)
def test_a_fenced_block_hides_its_lines(prose, inside):
    fenced, plain = counted(f"{prose}\n```\n{inside}\n```"), counted(prose)

    assert fenced["code"] == 1
    for name in ("headers", "lists", "bold", "exclamations"):
        assert fenced[name] == plain[name]


@given(MARKUP)
def test_windows_line_ends_change_only_the_characters(text):
    windows, unix = counted(text.replace("\n", "\r\n")), counted(text)

    assert windows.pop("chars") == unix.pop("chars") + text.count("\n")
    assert windows == unix


@given(st.lists(st.text(max_size=40), max_size=20))
def test_equal_texts_have_equal_counts_in_the_order_given(texts):
    together = characteristics_of(pd.Series(texts + texts, dtype=object), CHARACTERISTICS)
    one_by_one = pd.DataFrame([counted(text) for text in texts], columns=[*CHARACTERISTICS], dtype=float)

    assert together.dtypes.eq(float).all()
    np.testing.assert_array_equal(together.to_numpy(), pd.concat([one_by_one, one_by_one]).to_numpy())


@pytest.mark.parametrize("text", ["**a " * 50_000, "__a " * 50_000, "```\n" * 50_000, "` a\n" * 50_000, "\n" * 200_000])
def test_texts_that_invite_backtracking_end(text):
    assert counted(text)["chars"] == len(text)


def test_the_index_stays():
    texts = pd.Series(["a", "b c"], index=[7, 3]).astype("category")

    assert characteristics_of(texts, ["words"])["words"].to_dict() == {7: 1, 3: 2}


@pytest.mark.parametrize(("texts", "position"), [(["a", None], 2), ([3, "b"], 1), (["a", "b", float("nan")], 3)])
def test_a_missing_text_is_named(texts, position):
    with pytest.raises(RewardDataError, match=rf"text {position} of {len(texts)} is missing or no string"):
        characteristics_of(texts, ["chars"])


def test_an_unknown_characteristic_is_named():
    with pytest.raises(RewardDataError, match=r"'emoji': choose among chars, words"):
        characteristics_of(["a"], ["chars", "emoji"])


@pytest.fixture
def pairs():
    return pd.DataFrame(
        {
            "model": pd.Categorical(["m", "m"]),
            "pair_id": ["p", "q"],
            "chosen_text": pd.Categorical(["a!", "b b"]),
            "rejected_text": ["- x", "long one"],
        }
    )


def test_characteristics_are_counted_where_they_are_missing(pairs):
    given_chars = pairs.assign(chosen_chars=[90.0, 91.0])

    added = with_characteristics(given_chars, ["chars", "lists"])

    assert added["chosen_chars"].tolist() == [90, 91]
    assert added["rejected_chars"].tolist() == [3, 8]
    assert added["chosen_lists"].tolist() == [0, 0]
    assert added["rejected_lists"].tolist() == [1, 0]
    assert "rejected_chars" not in given_chars


def test_given_characteristics_need_no_text_and_may_have_any_name(pairs):
    bare = pairs.drop(columns=["chosen_text", "rejected_text"]).assign(chosen_emoji=1.0, rejected_emoji=0.0)

    pd.testing.assert_frame_equal(with_characteristics(bare, ["emoji"]), bare)


def test_a_pair_without_text_is_named(pairs):
    pairs["rejected_text"] = ["- x", None]

    with pytest.raises(
        RewardDataError, match=r"row 2 \(pair 'q' of model 'm'\) has no rejected_text to count its chars"
    ):
        with_characteristics(pairs, ["chars"])


def test_pairs_without_texts_are_refused(pairs):
    with pytest.raises(RewardDataError, match="neither chosen_text nor chosen_bold"):
        with_characteristics(pairs.drop(columns="chosen_text"), ["bold"])
