"""The response within a conversation: what a reward model was given holds the prompt and the chat template as well."""

from collections.abc import Sequence

ASSISTANT_TURN = (
    "<|assistant|>",
    "<|im_start|>assistant",
    "<|start_header_id|>assistant<|end_header_id|>",
    "<|start_of_role|>assistant<|end_of_role|>",
    "<start_of_turn>model",
    "<|CHATBOT_TOKEN|>",
    "<｜Assistant｜>",
    "[/INST]",
    "### Response:",
    "Assistant:",
    "ASSISTANT:",
)
END_OF_TURN = (
    "</s>",
    "<eos>",
    "<end_of_turn>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|END_OF_TURN_TOKEN|>",
    "<｜end▁of▁sentence｜>",
)


def split_conversations(texts: Sequence[object], prompt: object = None) -> tuple[list[object], str | None]:
    """The responses of conversations that share their prompt, and that prompt as it stands before them.

    A list of chat messages ends with the response. A string is cut after the last mark of an assistant's turn that all
    strings begin with alike, or after the prompt where it is given and ends later, and loses the marks of the end of a
    turn; a string with neither is a response as a whole.

    Args:
        texts: conversations; what is neither a list of messages nor a string is left as it is.
        prompt: the prompt alone, as a string or a list of messages.

    Returns:
        The responses, in the order of the texts; the prompt, None where none is found.
    """
    asked = _joined(prompt) if _is_messages(prompt) else prompt if isinstance(prompt, str) else None
    if texts and all(map(_is_messages, texts)):
        return [messages[-1].get("content") for messages in texts], asked or _joined(texts[0][:-1])
    if not texts or not all(isinstance(text, str) for text in texts):
        return [*texts], asked
    head = _shared_head(texts, asked)
    if not head:
        return [*texts], asked
    return [_without_end(text[len(head) :]).lstrip() for text in texts], asked or head


def _shared_head(texts: Sequence[str], prompt: str | None) -> str:
    """What all texts begin with, up to the end of the last mark or, if that comes later, of the prompt."""
    before, asked, _ = texts[0].partition(prompt) if prompt else ("", "", "")
    heads = [_head_until(mark, texts) for mark in ASSISTANT_TURN]
    return max(*heads, before + asked if asked and _all_begin_with(before + asked, texts) else "", key=len)


def _head_until(mark: str, texts: Sequence[str]) -> str:
    first, position = texts[0], len(texts[0])
    while (position := first.rfind(mark, 0, position)) >= 0:
        if _all_begin_with(head := first[: position + len(mark)], texts):
            return head
    return ""


def _all_begin_with(head: str, texts: Sequence[str]) -> bool:
    return all(text.startswith(head) for text in texts)


def _without_end(text: str) -> str:
    while (text := text.rstrip()).endswith(END_OF_TURN):
        text = text[: text.rindex("<")]
    return text


def _is_messages(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(message, dict) for message in value)


def _joined(messages: Sequence[dict]) -> str:
    return "\n\n".join(str(message.get("content")) for message in messages)
