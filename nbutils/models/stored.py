"""Views the layers of a checkpoint without loading it: each matrix is read from disk when it is asked for."""

from dataclasses import replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from nbutils.models.dense_view import dense_layers
from nbutils.models.feed_forward import FeedForward
from nbutils.models.loading import LoadedModel, load_causal_lm, load_config, load_error
from nbutils.models.moe_view import MoELayer, moe_layers
from nbutils.models.quiet import quiet_loading
from nbutils.models.sources import FolderSource, find_source
from nbutils.models.stored_parameters import StoredParameters

ON_DISK = "its weights are on disk alone: load the model with load_causal_lm"


def stored_moe_layers(
    name_or_path: str | Path, *, revision: str | None = None, trust_remote_code: bool = False
) -> list[MoELayer]:
    """What `moe_layers` gives of a model, with weights that are read on demand, in the dtype they are stored in.

    Reading one expert takes the memory of that expert's matrices, so that a model of any size can be compared expert by
    expert. What passes through the layers cannot be observed.

    Args:
        name_or_path: an embedded model, a folder or a Hugging Face hub name, as `load_causal_lm` takes it; a model of
            the hub is downloaded first.
        revision: of a hub repository or an embedded model.
        trust_remote_code: run modelling code that comes with the checkpoint.

    Raises:
        ModelError: what `moe_layers` raises; no safetensors files, or some that are missing, damaged or lack a weight;
            weights of 8 bits or fewer.
    """
    source = _source(name_or_path, revision, trust_remote_code)
    if source.initial_seed is not None:
        return moe_layers(_untrained(source))
    skeleton = _skeleton(source, trust_remote_code)
    layers = moe_layers(LoadedModel(source.name, skeleton, None))
    stored = StoredParameters(source.name, source.folder, skeleton)
    for layer in layers:
        parts = (layer.experts, layer.router, layer.shared_experts)
        stored.require(part for part in parts if part is not None)
    return [replace(layer, read=stored.read, hindrance=ON_DISK) for layer in layers]


def stored_dense_layers(
    name_or_path: str | Path, *, revision: str | None = None, trust_remote_code: bool = False
) -> list[FeedForward]:
    """What `dense_layers` gives of a model, with weights that are read on demand; see `stored_moe_layers`."""
    source = _source(name_or_path, revision, trust_remote_code)
    if source.initial_seed is not None:
        return dense_layers(_untrained(source))
    skeleton = _skeleton(source, trust_remote_code)
    layers = dense_layers(LoadedModel(source.name, skeleton, None))
    stored = StoredParameters(source.name, source.folder, skeleton)
    stored.require(layer.module for layer in layers)
    return [replace(layer, read=stored.read) for layer in layers]


def _source(name_or_path: str | Path, revision: str | None, trust_remote_code: bool) -> FolderSource:
    source = find_source(str(name_or_path), revision)
    source.headers()  # says what is wrong with a repository before it is downloaded
    return source.fetch(with_code=trust_remote_code)


def _untrained(source: FolderSource) -> LoadedModel:
    """Random weights are stored nowhere; the embedded models are small."""
    return load_causal_lm(source.name, device="cpu", dtype="bfloat16")


def _skeleton(source: FolderSource, trust_remote_code: bool) -> PreTrainedModel:
    with quiet_loading():
        config = load_config(source, trust_remote_code)
        try:
            with torch.device("meta"):
                return AutoModelForCausalLM.from_config(config, trust_remote_code=trust_remote_code)
        except Exception as error:
            raise load_error(source.name, error) from error
