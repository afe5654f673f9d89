"""The kernels' arguments that follow from an experts module: its weights as they are stored, its activation."""

from torch import Tensor, nn

from nbutils.kernels.gates import Activation
from nbutils.kernels.interface import first_projection, neurons_of
from nbutils.kernels.tiles import Tiles

ALL = slice(None)


def gate_up_arguments(experts: nn.Module, chosen: slice = ALL) -> dict:
    """Weights, biases and their strides, for the kernels that start from the tokens.

    A neuron's up projection is one row behind its gate where the two take turns, else as many as there are neurons.
    """
    weight, bias = _parameters(experts, first_projection(experts), chosen)
    neuron, entry = _steps(experts, weight)
    bias_neuron = bias.stride(1)
    to_up = neurons_of(experts) if experts.is_concatenated else 1
    return {
        "weight_ptr": weight,
        "bias_ptr": bias,
        "weight_expert": weight.stride(0),
        "weight_neuron": neuron,
        "weight_input": entry,
        "weight_up": to_up * neuron,
        "bias_expert": bias.stride(0),
        "bias_neuron": bias_neuron,
        "bias_up": to_up * bias_neuron,
    }


def down_arguments(experts: nn.Module, chosen: slice = ALL) -> dict:
    """Weights, biases and their strides, for the kernels that start from the activations."""
    weight, bias = _parameters(experts, "down_proj", chosen)
    output, entry = _steps(experts, weight)
    return {
        "weight_ptr": weight,
        "bias_ptr": bias,
        "weight_expert": weight.stride(0),
        "weight_output": output,
        "weight_neuron": entry,
        "bias_expert": bias.stride(0),
        "bias_output": bias.stride(1),
        "has_bias": experts.has_bias,
    }


def activation_arguments(experts: nn.Module, activation: Activation) -> dict:
    """What the kernels that start from the tokens compute from the products."""
    return {
        "is_gated": experts.has_gate,
        "is_interleaved": not experts.is_concatenated,
        "has_bias": experts.has_bias,
        "activation": activation.function,
        "alpha": activation.slope,
        "has_limit": activation.limit is not None,
        "limit": activation.limit or 0.0,
        "up_offset": activation.up_offset,
    }


def tile_arguments(tiles: Tiles, depth: int, interpreted: bool) -> dict:
    """Tile sizes and resources, and whether the sum over `depth` ends with a whole tile."""
    return {
        "is_even": depth % tiles.block_k == 0,
        "interpreted": interpreted,
        "block_m": tiles.block_m,
        "block_n": tiles.block_n,
        "block_k": tiles.block_k,
        "num_warps": tiles.num_warps,
        "num_stages": tiles.num_stages,
    }


def _parameters(experts: nn.Module, name: str, chosen: slice) -> tuple[Tensor, Tensor]:
    """A projection's weight and its bias; the weight again without a bias, as a kernel needs some pointer."""
    weight = getattr(experts, name)
    bias = getattr(experts, f"{name}_bias") if experts.has_bias else weight
    return weight.detach()[chosen], bias.detach()[chosen]


def _steps(experts: nn.Module, weight: Tensor) -> tuple[int, int]:
    """Strides from one output of a projection to the next, and from one input."""
    return weight.stride()[:0:-1] if experts.is_transposed else weight.stride()[1:]
