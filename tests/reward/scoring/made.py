"""Tiny models with random weights and a tokenizer of a few words."""

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, PreTrainedTokenizerFast

from nbutils.models import LoadedModel

WORDS = ["<pad>", "<begin>", "<end>", "<unknown>", "user:", "assistant:", *(f"w{number}" for number in range(40))]
CHAT_TEMPLATE = (
    "{{ '<begin> ' }}{% for message in messages %}{{ message['role'] + ': ' + message['content'] + ' <end> ' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)
SIZES = {
    "vocab_size": len(WORDS),
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "cls_token_id": 1,
    "sep_token_id": 2,
    "initializer_range": 0.5,
}


def tokenizer(*, special_tokens=False, types=False):
    """Words between spaces; with `special_tokens`, <begin> A <end> B <end>, and B has type 1."""
    words = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unknown>"))
    words.pre_tokenizer = WhitespaceSplit()
    if special_tokens:
        words.post_processor = TemplateProcessing(
            single="<begin> $A <end>",
            pair="<begin> $A <end> $B:1 <end>:1",
            special_tokens=[("<begin>", 1), ("<end>", 2)],
        )
    names = ["input_ids", *["token_type_ids"] * types, "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="<unknown>",
        bos_token="<begin>",
        eos_token="<end>",
        chat_template=CHAT_TEMPLATE,
        model_input_names=names,
    )


def made_config(model_type, settings):
    """A setting of None leaves the size out, but `pad_token_id` may be None."""
    sizes = SIZES | {"pad_token_id": 0} | settings
    return AutoConfig.for_model(model_type, **{k: v for k, v in sizes.items() if k == "pad_token_id" or v is not None})


def reward_model(model_type, *, own_tokenizer=None, **settings):
    torch.manual_seed(0)
    config = made_config(model_type, {"num_labels": 1} | settings)
    model = AutoModelForSequenceClassification.from_config(config).eval().requires_grad_(False)
    return LoadedModel("tiny", model, own_tokenizer or tokenizer())


def language_model(model_type, *, own_tokenizer=None, **settings):
    torch.manual_seed(0)
    config = made_config(model_type, settings)
    model = AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
    return LoadedModel("tiny", model, own_tokenizer or tokenizer())


def sentences(count, rng, longest=30):
    return [
        " ".join(f"w{word}" for word in rng.integers(0, 40, length)) for length in rng.integers(1, longest + 1, count)
    ]
