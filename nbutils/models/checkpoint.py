"""Reads the headers of a folder's safetensors files, which is enough to know its tensors and to find damage."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from nbutils.models.errors import ModelError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")


@dataclass(frozen=True)
class TensorHeader:
    """Name, safetensors dtype (`F32`, `BF16`, ...) and shape of one stored tensor."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def read_headers(folder: Path) -> list[TensorHeader]:
    """Headers of all tensors of the checkpoint in `folder`; no weight is read.

    Raises:
        ModelError: no safetensors file, a shard that is missing, or a file that is truncated or damaged.
    """
    return [header for headers in headers_by_file(folder).values() for header in headers]


def headers_by_file(folder: Path) -> dict[Path, list[TensorHeader]]:
    """What `read_headers` gives, by the file that holds the tensors."""
    return {file: _file_headers(file) for file in _weight_files(folder)}


def no_safetensors(where: str, pickle_files: list[str]) -> ModelError:
    """The error for a checkpoint without safetensors; pickle files can run code, so they are never opened."""
    if pickle_files:
        return ModelError(
            f"{where} holds its weights as pickle ({pickle_files[0]}), which can run code when it is opened: "
            "convert them with save_pretrained, or choose a revision that has safetensors"
        )
    return ModelError(f"{where} holds neither {WEIGHTS} nor {INDEX}: save the model with save_pretrained")


def _weight_files(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    if not (folder / INDEX).exists():
        pickles = sorted(file.name for file in folder.iterdir() if file.suffix in PICKLE_SUFFIXES)
        raise no_safetensors(f"folder {str(folder)!r}", pickles)
    names = _shard_names(folder / INDEX)
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise ModelError(
            f"{len(missing)} of the {len(names)} weight files that {str(folder / INDEX)!r} lists are missing "
            f"(first {missing[0]}): download the model again"
        )
    return [folder / name for name in names]


def _shard_names(index: Path) -> list[str]:
    try:
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{str(index)!r} is not a safetensors index: download it again") from error
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise ModelError(
            f"{str(index)!r} points outside its folder ({outside[0]!r}): get the model from another source"
        )
    return names


def _file_headers(file: Path) -> list[TensorHeader]:
    try:
        with safe_open(file, framework="numpy") as tensors:
            slices = {name: tensors.get_slice(name) for name in tensors.keys()}  # noqa: SIM118 (not a mapping)
            return [TensorHeader(name, part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()]
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{str(file)!r} is not a whole safetensors file ({error}): download it again") from error
