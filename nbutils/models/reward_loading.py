"""Loads a reward model: a sequence classifier with one label, whose logit is the score of a text."""

from pathlib import Path

from transformers import AutoModelForSequenceClassification

from nbutils.models.loading import (
    LoadedModel,
    ModelKind,
    fetch_fitting,
    load_config,
    load_tokenizer,
    load_weights,
)
from nbutils.models.placement import plan_placement
from nbutils.models.quiet import quiet_loading

REWARD_MODEL = ModelKind(AutoModelForSequenceClassification, "a reward model with one score", "score head")


def load_reward_model(
    name_or_path: str | Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    device_map: str | dict | None = None,
    quantization: str | None = None,
    revision: str | None = None,
    trust_remote_code: bool = False,
) -> LoadedModel:
    """Loads a reward model from safetensors, as `load_causal_lm` loads a language model.

    A checkpoint without a score head, or whose head gives several scores, is an error: the head is never made up.

    Args:
        name_or_path: a folder or a Hugging Face hub name; the latter may carry its revision, as in "org/model@main".
        device: "auto" (CUDA, then MPS, then CPU), "cuda", "cuda:N", "mps" or "cpu".
        dtype: "auto" (as stored on a GPU, float32 on CPU), "float32", "bfloat16", "float16" or "float64".
        device_map: None, "auto" (all GPUs, then CPU memory, then disk), or a dict of module path to device; excludes
            `device`.
        quantization: None, "4bit" or "8bit" by bitsandbytes, on CUDA only.
        revision: branch, tag or commit of a hub repository.
        trust_remote_code: run modelling code that comes with the checkpoint.

    Raises:
        ModelError: one sentence that names the model and the way out, for every input that cannot be loaded.
    """
    placement = plan_placement(device, dtype, device_map, quantization)
    source = fetch_fitting(name_or_path, revision, placement, trust_remote_code)
    with quiet_loading():
        config = load_config(source, trust_remote_code, REWARD_MODEL)
        config.num_labels = 1
        tokenizer = load_tokenizer(source, trust_remote_code, REWARD_MODEL)
        model = load_weights(source, config, placement, trust_remote_code, REWARD_MODEL)
    return LoadedModel(source.name, model.eval().requires_grad_(False), tokenizer)
