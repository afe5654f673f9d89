"""Loads a causal language model with its tokenizer, after checking all that can be checked without its weights.

The steps are shared with `nbutils.models.reward_loading`; a `ModelKind` says what is built from a checkpoint.
"""

import tempfile
import weakref
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

import nbutils.kernels.registration  # noqa: F401 (makes "nbutils_triton" a name for `experts_implementation`)
from nbutils.models.errors import ModelError
from nbutils.models.memory import free_bytes, require_room, weight_bytes
from nbutils.models.placement import Placement, plan_placement
from nbutils.models.quiet import quiet_loading
from nbutils.models.sources import FolderSource, find_source

VOCABULARY_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tekken.json",
    "*.tiktoken",
)


@dataclass(frozen=True)
class ModelKind:
    """What a checkpoint is loaded as: the class of transformers, and the words of messages about it and its head."""

    auto_class: type
    description: str
    head: str


CAUSAL_LM = ModelKind(AutoModelForCausalLM, "a causal language model", "language-model head")


@dataclass(frozen=True)
class LoadedModel:
    """A model in eval mode without gradients, its tokenizer, and the name it was asked for by.

    A revision is part of the name, such as "moe-scratch@step250".
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


def load_causal_lm(
    name_or_path: str | Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    device_map: str | dict | None = None,
    quantization: str | None = None,
    experts_implementation: str | None = None,
    revision: str | None = None,
    trust_remote_code: bool = False,
) -> LoadedModel:
    """Loads a causal language model from safetensors.

    Weights that the checkpoint holds and the architecture does not use (extra prediction heads, say) are left out;
    weights that the architecture needs and the checkpoint lacks are an error, never random numbers.

    Args:
        name_or_path: an embedded model, a folder, or a Hugging Face hub name, looked up in this order; the first and
            the last may carry their revision, as in "moe-scratch@step250".
        device: "auto" (CUDA, then MPS, then CPU), "cuda", "cuda:N", "mps" or "cpu".
        dtype: "auto" (as stored on a GPU, float32 on CPU), "float32", "bfloat16", "float16" or "float64".
        device_map: None, "auto" (all GPUs, then CPU memory, then disk), or a dict of module path to device; excludes
            `device`.
        quantization: None, "4bit" or "8bit" by bitsandbytes, on CUDA only; see `memory.weight_bytes` for what it
            leaves out.
        experts_implementation: how transformers computes the experts ("eager", "grouped_mm", ..., "nbutils_triton" for
            inference by the kernels of `nbutils.kernels`, or another registered name); None is its default.
        revision: branch, tag or commit of a hub repository, or "step250", "step1000" or "untrained" (the random
            weights before the first step, rounded to bfloat16 as the trained ones are) of an embedded model.
        trust_remote_code: run modelling code that comes with the checkpoint.

    Raises:
        ModelError: one sentence that names the model and the way out, for every input that cannot be loaded.
    """
    placement = plan_placement(device, dtype, device_map, quantization)
    source = fetch_fitting(name_or_path, revision, placement, trust_remote_code)
    with quiet_loading():
        config = load_config(source, trust_remote_code)
        tokenizer = load_tokenizer(source, trust_remote_code)
        if experts_implementation is not None:
            config._experts_implementation = experts_implementation
        if source.initial_seed is None:
            model = load_weights(source, config, placement, trust_remote_code)
        else:
            model = _untrained_model(source, config, placement)
    return LoadedModel(source.name, model.eval().requires_grad_(False), tokenizer)


def fetch_fitting(
    name_or_path: str | Path, revision: str | None, placement: Placement, trust_remote_code: bool
) -> FolderSource:
    """The checkpoint on this machine; raises ModelError where there is none, or no room for its weights."""
    source = find_source(str(name_or_path), revision)
    needed = weight_bytes(source.headers(), placement.dtype, placement.quantization)
    require_room(source.name, needed, placement.dtype, free_bytes(placement.devices))
    return source.fetch(with_code=trust_remote_code)


def load_config(source: FolderSource, trust_remote_code: bool, kind: ModelKind = CAUSAL_LM) -> PreTrainedConfig:
    """The config of a checkpoint; raises ModelError where it cannot be read."""
    if not (source.folder / "config.json").exists():
        raise ModelError(f"model {source.name!r} has no config.json in {str(source.folder)!r}: download it again")
    try:
        return AutoConfig.from_pretrained(source.folder, **_local(trust_remote_code))
    except Exception as error:
        raise load_error(source.name, error, kind) from error


def load_tokenizer(
    source: FolderSource, trust_remote_code: bool, kind: ModelKind = CAUSAL_LM
) -> PreTrainedTokenizerBase:
    """The tokenizer of a checkpoint; raises ModelError where it has none that can be read."""
    folder = source.tokenizer_folder
    # Without these, transformers builds an empty tokenizer and says nothing.
    if not any(file for pattern in VOCABULARY_FILES for file in folder.glob(pattern)):
        raise ModelError(
            f"model {source.name!r} has no tokenizer files in {str(folder)!r}: put those of its tokenizer there, for "
            "instance with tokenizer.save_pretrained"
        )
    try:
        return AutoTokenizer.from_pretrained(folder, **_local(trust_remote_code))
    except Exception as error:
        raise load_error(source.name, error, kind) from error


def load_weights(
    source: FolderSource, config, placement: Placement, trust_remote_code: bool, kind: ModelKind = CAUSAL_LM
) -> PreTrainedModel:
    """The model with the checkpoint's weights; raises ModelError where one is missing or has another shape."""
    with ExitStack() as cleanup:
        offload = None
        if "disk" in placement.devices:
            offload = cleanup.enter_context(
                tempfile.TemporaryDirectory(prefix="nbutils-offload-", ignore_cleanup_errors=True)
            )
        try:
            model, report = kind.auto_class.from_pretrained(
                source.folder,
                config=config,
                dtype=placement.dtype,
                device_map=placement.device_map,
                quantization_config=placement.quantization_config(),
                offload_folder=offload,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are told below, by name
                **_local(trust_remote_code),
            )
        except Exception as error:
            raise load_error(source.name, error, kind) from error
        _require_all_weights(source.name, report["missing_keys"], kind)
        _require_shapes(source.name, report["mismatched_keys"], kind)
        weakref.finalize(model, cleanup.pop_all().close)  # the offloaded weights live as long as the model
        return model


def _untrained_model(source: FolderSource, config, placement: Placement) -> PreTrainedModel:
    """Random weights from the recorded seed; the caller's random state is left as it was."""
    spread = isinstance(placement.device_map, dict) and set(placement.device_map) != {""}
    if spread or placement.quantization:
        raise ModelError(
            f"model {source.name!r} is built in memory: leave quantization and a device_map of modules out"
        )
    dtype = torch.bfloat16 if placement.dtype == "auto" else getattr(torch, placement.dtype)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(source.initial_seed)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    for weight in model.parameters():  # not the buffers: the rotary frequencies of a loaded model are not rounded
        weight.data = weight.data.to(torch.bfloat16).to(dtype)
    return model.to(placement.devices[0])


def _local(trust_remote_code: bool) -> dict:
    """Everything is in the folder by now, but trusted code may refer to another repository."""
    return {"trust_remote_code": trust_remote_code, "local_files_only": not trust_remote_code}


def _require_all_weights(name: str, missing: set[str], kind: ModelKind) -> None:
    if missing:
        listed = ", ".join(sorted(missing)[:3]) + (", ..." if len(missing) > 3 else "")
        raise ModelError(
            f"the checkpoint of model {name!r} lacks {len(missing)} of the weights its architecture needs ({listed}): "
            f"choose a checkpoint that was saved with its {kind.head}"
        )


def _require_shapes(name: str, mismatched: set[tuple[str, torch.Size, torch.Size]], kind: ModelKind) -> None:
    if mismatched:
        weight, stored, needed = min(mismatched)
        raise ModelError(
            f"transformers cannot load model {name!r} as {kind.description} ({weight} is stored as {list(stored)} and "
            f"has to be {list(needed)}): choose a checkpoint that was saved as one"
        )


def load_error(name: str, error: Exception, kind: ModelKind = CAUSAL_LM) -> ModelError:
    """What to say of an error that transformers raised while it loaded model `name`."""
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    if "trust_remote_code" in str(error):
        return ModelError(
            f"model {name!r} needs Python code that comes with its checkpoint: read that code, then set "
            "trust_remote_code=True, or choose a model whose architecture transformers has"
        )
    return ModelError(f"transformers cannot load model {name!r} as {kind.description} ({reason})")
