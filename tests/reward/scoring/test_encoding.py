import pytest

from nbutils.models import ModelError
from nbutils.reward.errors import RewardDataError
from nbutils.reward.scoring import conversation
from nbutils.reward.scoring.encoding import encode, positions
from tests.reward.scoring.made import WORDS, reward_model, tokenizer


def words(encoded):
    return " ".join(WORDS[token] for token in encoded.ids)


@pytest.fixture(scope="module")
def decoder():
    return reward_model("llama")


@pytest.fixture(scope="module")
def encoder():
    return reward_model("bert", own_tokenizer=tokenizer(special_tokens=True, types=True))


def test_a_conversation_is_written_with_the_chat_template(decoder):
    [encoded] = encode(decoder, [conversation("w1 w2", "w3")], 64)
    assert words(encoded) == "<begin> user: w1 w2 <end> assistant: w3 <end>"
    assert not encoded.truncated


def test_a_prompt_may_have_several_turns(decoder):
    turns = [{"role": "user", "content": "w1"}, {"role": "assistant", "content": "w2"}]
    turns.append({"role": "user", "content": "w3"})
    [encoded] = encode(decoder, [conversation(turns, "w4")], 64)
    assert words(encoded) == "<begin> user: w1 <end> assistant: w2 <end> user: w3 <end> assistant: w4 <end>"
    assert len(turns) == 3


def test_special_tokens_of_a_chat_template_are_not_added_twice(encoder):
    [encoded] = encode(encoder, [conversation("w1", "w2")], 64)
    assert words(encoded) == "<begin> user: w1 <end> assistant: w2 <end>"


def test_a_string_and_a_pair_get_the_special_tokens_of_the_tokenizer(encoder):
    single, pair = encode(encoder, ["w1 w2", ("w1", "w2 w3")], 64)
    assert words(single) == "<begin> w1 w2 <end>"
    assert words(pair) == "<begin> w1 <end> w2 w3 <end>"
    assert pair.types.tolist() == [0, 0, 0, 1, 1, 1]


def test_long_texts_lose_their_beginning_and_keep_special_tokens(decoder, encoder):
    chat = encode(decoder, [conversation("w1 w2 w3 w4", "w5 w6")], 5)[0]
    assert words(chat) == "<end> assistant: w5 w6 <end>"
    single, pair, fits = encode(encoder, ["w1 w2 w3 w4", ("w1 w2 w3", "w4 w5 w6"), "w1 w2"], 5)
    assert words(single) == "<begin> w2 w3 w4 <end>"
    assert words(pair) == "<begin> w3 <end> w6 <end>"
    assert [chat.truncated, single.truncated, pair.truncated, fits.truncated] == [True, True, True, False]
    assert encoder.tokenizer.truncation_side == "right"


def test_without_a_chat_template(decoder):
    bare = tokenizer()
    bare.chat_template = None
    loaded = type(decoder)("org/bare", decoder.model, bare)
    with pytest.raises(ModelError, match=r"'org/bare' has no chat template: .* pass plain strings"):
        encode(loaded, [conversation("w1", "w2")], 64)
    assert words(encode(loaded, ["w1 w2"], 64)[0]) == "w1 w2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "text 1 has no token"),
        (None, "text 1 is None"),
        ([], r"text 1 is \[\]"),
        (["w1", "w2"], "list of messages with a role and a content"),
        ([{"role": "user"}], "list of messages with a role and a content"),
        ([{"role": "user", "content": None}], "list of messages with a role and a content"),
        (("w1", "w2", "w3"), "a prompt and a response"),
        (("w1", None), "a prompt and a response"),
    ],
)
def test_what_is_no_text_is_named(decoder, text, reason):
    with pytest.raises(RewardDataError, match=reason):
        encode(decoder, ["w1", text], 64)


def test_a_conversation_that_the_template_refuses(decoder):
    strict = tokenizer()
    strict.chat_template = "{{ raise_exception('roles must alternate\\nsee the card') }}"
    loaded = type(decoder)("org/strict", decoder.model, strict)
    with pytest.raises(RewardDataError, match=r"text 0 does not fit .* 'org/strict' \(roles must alternate\)$"):
        encode(loaded, [conversation("w1", "w2")], 64)


def test_positions(decoder):
    assert positions(decoder) == 64
    assert positions(reward_model("xlnet", max_position_embeddings=None, d_inner=16, d_head=8)) == float("inf")
