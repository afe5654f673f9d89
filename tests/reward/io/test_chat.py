import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.reward.io.chat import split_conversations

TEMPLATES = {
    "tulu": "<|user|>\n{0}\n<|assistant|>\n{1}</s>\n",
    "chatml": "<|im_start|>user\n{0}<|im_end|>\n<|im_start|>assistant\n{1}<|im_end|>\n",
    "llama-3": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n{0}<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{1}<|eot_id|>",
    "gemma": "<bos><start_of_turn>user\n{0}<end_of_turn>\n<start_of_turn>model\n{1}<end_of_turn>\n<eos>",
    "llama-2": "<s>[INST] {0} [/INST] {1} </s>",
    "human": "\n\nHuman: {0}\n\nAssistant: {1}",
    "command-r": "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>{0}<|END_OF_TURN_TOKEN|>"
    "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{1}<|END_OF_TURN_TOKEN|>",
}
WORDS = st.text(st.sampled_from("ab \n—*#<>"), min_size=1, max_size=20).map(str.strip)


@pytest.mark.parametrize("name", TEMPLATES)
@given(prompt=WORDS, first=WORDS, second=WORDS)
def test_the_response_is_what_the_template_was_filled_with(name, prompt, first, second):
    template = TEMPLATES[name]
    responses, head = split_conversations([template.format(prompt, first), template.format(prompt, second)])

    assert responses == [first, second]
    assert prompt in head


def test_earlier_turns_belong_to_the_prompt():
    turns = "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: "

    assert split_conversations([turns + "d", turns + "e"]) == (["d", "e"], turns.rstrip())


def test_a_response_that_quotes_an_assistant_stays_whole():
    responses, _ = split_conversations(["[INST] x [/INST] Say\n\nAssistant: hi", "[INST] x [/INST] no"])

    assert responses == ["Say\n\nAssistant: hi", "no"]


def test_an_unknown_template_is_cut_after_the_prompt():
    assert split_conversations(["Q: why? A: so", "Q: why? A: no"], "why?") == (["A: so", "A: no"], "why?")


def test_responses_that_repeat_the_prompt_keep_it():
    asked = "<|user|>why?<|assistant|>"

    assert split_conversations([asked + "why? so", asked + "why? no"], "why?")[0] == ["why? so", "why? no"]


def test_a_prompt_that_quotes_an_assistant_is_cut_off_whole():
    asked = "Human: a\nAssistant: b\nHuman: c"

    assert split_conversations([f"{asked} > so", f"{asked} > no"], asked)[0] == ["> so", "> no"]


def test_without_mark_or_prompt_a_string_is_the_response():
    assert split_conversations(["so  ", "no</s>"], "why?") == (["so  ", "no</s>"], "why?")
    assert split_conversations(["so", "no"]) == (["so", "no"], None)


def test_messages_end_with_the_response():
    asked = [{"role": "user", "content": "why?"}]
    chosen = [*asked, {"role": "assistant", "content": " so</s>"}]
    rejected = [*asked, {"role": "assistant", "content": "no"}]

    assert split_conversations([chosen, rejected]) == ([" so</s>", "no"], "why?")
    assert split_conversations(["so", "no"], asked) == (["so", "no"], "why?")


def test_what_is_no_text_is_left():
    assert split_conversations([None, "no"]) == ([None, "no"], None)
    assert split_conversations([3, "no"]) == ([3, "no"], None)
