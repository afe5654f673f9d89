"""Reads single parameters of a model, and single experts of them, from its safetensors files."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from transformers import PreTrainedModel

from nbutils.models.checkpoint import TensorHeader, headers_by_file
from nbutils.models.conversion import Pieces, Recipe, recipes
from nbutils.models.errors import ModelError
from nbutils.models.matrices import separate_scales_error

PLAIN_DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class StoredParameters:
    """The parameters of a model, on disk.

    Args:
        name: of the model, for messages.
        folder: with safetensors files.
        skeleton: the model on the meta device, without its weights.

    Raises:
        ModelError: no safetensors file, or one that is missing or damaged.
    """

    def __init__(self, name: str, folder: Path, skeleton: PreTrainedModel) -> None:
        self._name, self._skeleton = name, skeleton
        self._paths = {module: path for path, module in skeleton.named_modules()}
        located = [(header, file) for file, headers in headers_by_file(folder).items() for header in headers]
        self._headers = {header.name: header for header, _ in located}
        self._shapes = {header.name: header.shape for header, _ in located}
        self._files = {header.name: file for header, file in located}
        self._recipes = recipes(skeleton, self._headers)

    def read(self, module: nn.Module, name: str, index: int | slice) -> Tensor:
        """A parameter below one of the skeleton's modules, at an index of its first dimension, in the stored dtype.

        Of a parameter with experts in its first dimension, one expert's tensors are read and no more, unless the
        conversion mixes experts.

        Raises:
            ModelError: a file that changed or went away since its header was read.
        """
        recipe = self._recipes[self._path(module, name)]
        if recipe.converter is None:
            ((source,),) = recipe.sources.values()
            return self._tensor(source, index)
        if isinstance(index, int):
            pieces = recipe.one_expert(index, len(module.get_parameter(name)), self._shapes)
            if pieces is not None:
                return self._made(recipe, pieces)[0]
        return self._made(recipe, recipe.everything())[index].clone()  # a view would keep all experts in memory

    def require(self, modules: Iterable[nn.Module]) -> None:
        """Checks by the headers that all parameters of these modules can be read.

        Raises:
            ModelError: a tensor that is not there, is stored in 8 bits or fewer, or has another shape than the config
                says.
        """
        for module in modules:
            for name, weight in module.named_parameters():
                path = self._path(module, name)
                self._require_shape(self._complete_recipe(path, len(weight)), weight)

    def _complete_recipe(self, path: str, num_experts: int) -> Recipe:
        recipe = self._recipes.get(path)
        missing = path if recipe is None else recipe.first_missing(num_experts)
        if missing is None:
            return recipe
        quantization = getattr(self._skeleton.config, "quantization_config", None)
        if quantization:
            raise separate_scales_error(self._name, path, quantization.get("quant_method", "a quantised form"))
        raise ModelError(
            f"the checkpoint of model {self._name!r} lacks {missing}, which its architecture needs: choose a "
            "checkpoint that holds the whole model"
        )

    def _require_shape(self, recipe: Recipe, weight: Tensor) -> None:
        headers = {pattern: [self._headers[name] for name in names] for pattern, names in recipe.sources.items()}
        for header in (header for group in headers.values() for header in group):
            if header.dtype not in PLAIN_DTYPES:
                raise separate_scales_error(self._name, header.name, header.dtype)
        tensors = {pattern: [partial(_empty, header) for header in group] for pattern, group in headers.items()}
        made = recipe.make(tensors, self._skeleton).shape
        if made != weight.shape:
            raise ModelError(
                f"model {self._name!r} stores {recipe.parameter} with shape {tuple(made)} and its config.json says "
                f"{tuple(weight.shape)}: download the model again"
            )

    def _path(self, module: nn.Module, name: str) -> str:
        return f"{self._paths[module]}.{name}"

    def _made(self, recipe: Recipe, pieces: Pieces) -> Tensor:
        tensors = {pattern: [partial(self._tensor, *piece) for piece in group] for pattern, group in pieces.items()}
        return recipe.make(tensors, self._skeleton)

    def _tensor(self, name: str, index: int | slice) -> Tensor:
        file = self._files[name]
        try:
            # Opened anew each time: the pages of an open file would add up in memory.
            with safe_open(file, framework="pt") as tensors:
                return tensors.get_slice(name)[index]
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{str(file)!r} cannot be read any more ({error}): download the model again") from error


def _empty(header: TensorHeader) -> Tensor:
    return torch.empty(header.shape, dtype=PLAIN_DTYPES[header.dtype], device="meta")
