"""Clip scorers on disk: `config.json` and `model.safetensors` in one folder."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from nbutils.video.errors import VideoError
from nbutils.video.media.whole_files import write_whole
from nbutils.video.model.config import ScorerConfig, checked_config
from nbutils.video.model.network import ClipScorer

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
# What trained parameters may be stored in, with the names of the file format. The moments of the features are always
# float32: they may lie beyond the range of float16.
STORED = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def save_checkpoint(model: ClipScorer, folder: Path | str, dtype: torch.dtype = torch.float32) -> None:
    """Writes the scorer to `folder`, which afterwards holds this checkpoint whole, or none or the last one of its size.

    Args:
        model: the scorer.
        folder: made where it is not there.
        dtype: of the stored parameters: float32, or float16 or bfloat16 for a file of half the size.

    Raises:
        VideoError: another dtype, a parameter beyond its range, or a folder that cannot be made or written.
    """
    folder = Path(folder).expanduser()
    state = _state_to_store(model, dtype)
    config = model.config.model_dump_json(indent=1).encode() + b"\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / CONFIG).exists() and (folder / CONFIG).read_bytes() != config:
            # The weights of another size must never stand beside this configuration.
            (folder / WEIGHTS).unlink(missing_ok=True)
        write_whole(folder / CONFIG, config)
        write_whole(folder / WEIGHTS, save(state))
    except OSError as error:
        raise VideoError(
            f"the checkpoint cannot be written to {str(folder)!r} ({error.strerror}): choose another folder"
        ) from error


def load_checkpoint(folder: Path | str, device: str = "cpu") -> ClipScorer:
    """The scorer that `save_checkpoint` wrote, in float32 and evaluation mode.

    Sizes and names are compared with the file's header before any weight is read, so that a hostile configuration can
    take no memory; nothing in the files is run.

    Raises:
        VideoError: a file is missing or damaged, or weights and configuration do not fit together.
    """
    folder = Path(folder).expanduser()
    with torch.device("meta"):
        model = ClipScorer(_read_config(folder / CONFIG))
    model.load_state_dict(_read_weights(folder / WEIGHTS, model), strict=True, assign=True)
    return model.to(device).eval()


def _state_to_store(model: ClipScorer, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    if dtype not in STORED:
        raise VideoError(f"a checkpoint cannot be stored in {dtype}: choose from {', '.join(map(str, STORED))}")
    buffers = {name for name, _ in model.named_buffers()}
    state = {}
    for name, tensor in model.state_dict().items():
        state[name] = tensor.detach().to("cpu", torch.float32 if name in buffers else dtype).contiguous()
        if tensor.isfinite().all() and not state[name].isfinite().all():
            raise VideoError(f"{name} does not fit into {dtype}: store the checkpoint in float32 or bfloat16")
    return state


def _read_config(file: Path) -> ScorerConfig:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise VideoError(
            f"{str(file)!r} cannot be read ({error.strerror}): give a folder with {CONFIG} and {WEIGHTS}"
        ) from error
    except ValueError as error:
        raise VideoError(f"{str(file)!r} is not JSON: get the checkpoint again") from error
    if not isinstance(values, dict):
        raise VideoError(f"{str(file)!r} holds no JSON object: get the checkpoint again")
    return checked_config(values)


def _read_weights(file: Path, model: ClipScorer) -> dict[str, torch.Tensor]:
    expected = {name: (tuple(tensor.shape), ["F32"]) for name, tensor in model.named_buffers()}
    expected |= {name: (tuple(tensor.shape), list(STORED.values())) for name, tensor in model.named_parameters()}
    try:
        with safe_open(file, framework="pt") as stored:
            names = set(stored.keys())
            for name in sorted(expected.keys() ^ names):
                lack = "lacks" if name in expected else "holds the unknown"
                raise VideoError(f"{str(file)!r} {lack} {name}: get the weights that belong to its {CONFIG}")
            for name, (shape, dtypes) in expected.items():
                part = stored.get_slice(name)
                if tuple(part.get_shape()) != shape or part.get_dtype() not in dtypes:
                    raise VideoError(
                        f"{name} in {str(file)!r} is {part.get_dtype()} {tuple(part.get_shape())} where {CONFIG} asks "
                        f"for {' or '.join(dtypes)} {shape}: get the weights that belong to it"
                    )
            weights = {name: stored.get_tensor(name).float() for name in expected}
    except FileNotFoundError as error:
        raise VideoError(f"{str(file)!r} is missing: give a folder with {CONFIG} and {WEIGHTS}") from error
    except (SafetensorError, OSError) as error:
        raise VideoError(
            f"{str(file)!r} is not a whole safetensors file ({error}): get the checkpoint again"
        ) from error
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise VideoError(f"{name} in {str(file)!r} is not finite: train the scorer again at a lower learning rate")
    return weights
