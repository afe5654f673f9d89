"""Texts and conversations as the tokens that a model is given."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedTokenizerBase

from nbutils.models import LoadedModel, ModelError
from nbutils.reward.errors import RewardDataError

Conversation = Sequence[Mapping[str, str]]
Text = str | tuple[str, str] | Conversation


@dataclass(frozen=True)
class Encoded:
    """Tokens [length] int32 of one text; `types` tells which of two joined texts each is of, or is None."""

    ids: np.ndarray
    types: np.ndarray | None
    truncated: bool


def conversation(prompt: str | Conversation, response: str) -> Conversation:
    """A prompt (the user's, or all turns before the response) and the assistant's response as messages."""
    before = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    return [*before, {"role": "assistant", "content": response}]


def encode(loaded: LoadedModel, texts: Sequence[Text], max_length: int) -> list[Encoded]:
    """Tokens of each text, at most `max_length`; a longer text loses its beginning, as the response stands at the end.

    A conversation is written with the tokenizer's chat template, which holds all special tokens. A string is encoded as
    it stands, and a pair as the tokenizer joins two texts, both with the special tokens that the tokenizer adds.

    Raises:
        ModelError: a conversation, and the tokenizer has no chat template.
        RewardDataError: a text that is none of these, has no token or does not fit the chat template; the row is named.
    """
    with _cut_on_the_left(loaded.tokenizer):
        return [_encode(loaded, text, row, max_length) for row, text in enumerate(texts)]


def _encode(loaded: LoadedModel, text: Text, row: int, max_length: int) -> Encoded:
    if isinstance(text, str):
        parts, settings = (text,), {}
    elif isinstance(text, tuple):
        parts, settings = text, {}
        if len(text) != 2 or not all(isinstance(part, str) for part in text):
            raise RewardDataError(
                f"text {row} is {text!r:.80}: a tuple has to be a prompt and a response, both strings"
            )
    else:
        parts, settings = (write_chat(loaded, text, row),), {"add_special_tokens": False}
    tokens = loaded.tokenizer(*parts, verbose=False, **settings)
    length = len(tokens["input_ids"])
    if length == 0:
        raise RewardDataError(f"text {row} has no token: leave it out, or write at least one word")
    if length > max_length:
        settings |= {"truncation": "longest_first" if len(parts) == 2 else True, "max_length": max_length}
        tokens = loaded.tokenizer(*parts, **settings)
    types = tokens.get("token_type_ids")
    return Encoded(
        np.array(tokens["input_ids"], dtype=np.int32),
        None if types is None else np.array(types, dtype=np.int32),
        length > max_length,
    )


def write_chat(loaded: LoadedModel, messages: Conversation, row: int, *, answer_follows: bool = False) -> str:
    """A conversation as the tokenizer's chat template writes it; with `answer_follows`, up to where the answer begins.

    Raises:
        ModelError: the tokenizer has no chat template.
        RewardDataError: `messages` is no conversation or one that the template refuses; the row is named.
    """
    if not loaded.tokenizer.chat_template:
        raise ModelError(
            f"the tokenizer of model {loaded.name!r} has no chat template: set tokenizer.chat_template to the one it "
            "was trained with, or pass plain strings, or (prompt, response) tuples, in place of conversations"
        )
    if not _is_conversation(messages):
        raise RewardDataError(
            f"text {row} is {messages!r:.80}: a conversation has to be a list of messages with a role and a content, "
            "both strings"
        )
    try:
        return loaded.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=answer_follows
        )
    except Exception as error:  # templates raise errors of their own
        reason = str(error).partition("\n")[0]
        raise RewardDataError(
            f"text {row} does not fit the chat template of model {loaded.name!r} ({reason})"
        ) from error


def _is_conversation(messages: object) -> bool:
    return (
        isinstance(messages, Sequence)
        and len(messages) > 0
        and all(
            isinstance(message, Mapping) and all(isinstance(message.get(key), str) for key in ("role", "content"))
            for message in messages
        )
    )


@contextmanager
def _cut_on_the_left(tokenizer: PreTrainedTokenizerBase) -> Iterator[None]:
    side = tokenizer.truncation_side
    tokenizer.truncation_side = "left"
    try:
        yield
    finally:
        tokenizer.truncation_side = side


def positions(loaded: LoadedModel) -> float:
    """The longest input of a model in tokens; infinite where its config names none."""
    limit = getattr(loaded.model.config.get_text_config(), "max_position_embeddings", None)
    return limit if limit and limit > 0 else float("inf")
