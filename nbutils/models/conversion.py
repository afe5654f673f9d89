"""Which stored tensors make up which parameter of a model, and how.

Checkpoints keep the layout that a model was published in, often one tensor for each expert, and transformers converts
it while it loads. Its renamings and converters are applied here to the tensors of one parameter, or of one expert.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from torch import Tensor
from transformers import PreTrainedModel
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import (
    Concatenate,
    ConversionOps,
    Interleave,
    MergeModulelist,
    Transpose,
    WeightConverter,
    WeightRenaming,
    dot_natural_key,
    rename_source_key,
)

from nbutils.models.matrices import WHOLE

# Name of a stored tensor and an index of its first dimension, in lists by the converter's pattern that they match.
Pieces = dict[str, list[tuple[str, int | slice]]]


@dataclass(frozen=True)
class Recipe:
    """How one parameter is made.

    Attributes:
        parameter: its path in the model.
        sources: names of stored tensors, by the pattern of the converter that they match.
        converter: what transformers makes of them, None where the one stored tensor is the parameter.
    """

    parameter: str
    sources: dict[str, list[str]]
    converter: WeightConverter | None

    def everything(self) -> Pieces:
        """The pieces of the whole parameter."""
        return {pattern: [(name, WHOLE) for name in names] for pattern, names in self.sources.items()}

    def one_expert(self, expert: int, num_experts: int, shapes: Mapping[str, tuple[int, ...]]) -> Pieces | None:
        """The pieces that make a parameter [1, ...] of one expert; None where the converter needs all experts."""
        first, *rest = self.converter.operations
        counts = {len(names) for names in self.sources.values()}
        if isinstance(first, MergeModulelist) and first.dim == 0:
            if counts == {num_experts} and all(map(_stays_within_experts, rest)):
                return {pattern: [(names[expert], WHOLE)] for pattern, names in self.sources.items()}
            return None
        stacked = all(shapes[name][:1] == (num_experts,) for names in self.sources.values() for name in names)
        if counts == {1} and stacked and all(map(_stays_within_experts, self.converter.operations)):
            one = slice(expert, expert + 1)
            return {pattern: [(names[0], one)] for pattern, names in self.sources.items()}
        return None

    def make(self, tensors: dict[str, list[Callable[[], Tensor]]], model: PreTrainedModel) -> Tensor:
        """The parameter of `model`, from functions that read its pieces."""
        if self.converter is None:
            ((read,),) = tensors.values()
            return read()
        converter = deepcopy(self.converter)
        for pattern, functions in tensors.items():
            for read in functions:
                converter.add_tensor(self.parameter, "", pattern, read)
        made = converter.convert(self.parameter, model=model, config=model.config)[self.parameter]
        return made[0] if isinstance(made, list) else made

    def first_missing(self, num_experts: int) -> str | None:
        """Name of a tensor that should be stored for one of the experts and is not."""
        if self.converter is None or not isinstance(self.converter.operations[0], MergeModulelist):
            return None
        patterns = self.converter.source_patterns
        if all(len(self.sources.get(pattern, ())) == num_experts for pattern in patterns):
            return None
        there = {name for names in self.sources.values() for name in names}
        found, names = next(iter(self.sources.items()))
        stem = names[0].removesuffix(_ending(found))
        expected = (
            re.sub(r"^(.*\.)\d+(?=\.)", rf"\g<1>{expert}", stem + _ending(pattern))  # the last number in the name
            for pattern in patterns
            for expert in range(num_experts)
        )
        return next((name for name in expected if name not in there), self.parameter)


def recipes(model: PreTrainedModel, stored: Iterable[str]) -> dict[str, Recipe]:
    """The recipe of each parameter that tensors with these names make up, by its path in the model."""
    transforms = get_model_conversion_mapping(model)
    renamings = [transform for transform in transforms if isinstance(transform, WeightRenaming)]
    converters = [transform for transform in transforms if isinstance(transform, WeightConverter)]
    by_pattern = {pattern: converter for converter in converters for pattern in converter.source_patterns}
    own = model.state_dict()
    sources: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    used: dict[str, WeightConverter] = {}
    for name in sorted(stored, key=dot_natural_key):  # the order of experts in a list is that of their numbers
        parameter, pattern = rename_source_key(name, renamings, converters, model.base_model_prefix, own)
        if parameter not in own and name in own:
            parameter, pattern = name, None
        if pattern is None:
            sources[parameter][name].append(name)
            continue
        first, *others = by_pattern[pattern].target_patterns
        for path in (parameter, *(parameter.replace(first, other) for other in others)):
            sources[path][pattern].append(name)
            used[path] = by_pattern[pattern]
    return {path: Recipe(path, dict(groups), used.get(path)) for path, groups in sources.items() if path in own}


def _stays_within_experts(operation: ConversionOps) -> bool:
    """Whether the operation treats each entry of the first dimension by itself."""
    if isinstance(operation, Transpose):
        return min(operation.dim0, operation.dim1) > 0 and not operation.check_dims
    return isinstance(operation, Concatenate | Interleave) and operation.dim > 0


def _ending(pattern: str) -> str:
    return pattern.rpartition("*.")[2]
