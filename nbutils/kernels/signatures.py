"""How the Triton kernels are called: types and constants of their arguments for each layout of the weights.

Ahead-of-time compilation needs them in advance; a launch has Triton find the same from the arguments.
"""

from dataclasses import dataclass

import torch

from nbutils.kernels.tiles import Tiles
from nbutils.kernels.triton_mlp import mlp_down_kernel, mlp_gate_up_kernel
from nbutils.kernels.triton_norms import down_norms_kernel, gate_up_kernel

KERNELS = {
    "gate_up": gate_up_kernel,
    "down_norms": down_norms_kernel,
    "mlp_gate_up": mlp_gate_up_kernel,
    "mlp_down": mlp_down_kernel,
}
TYPES = {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32"}
NUMBERS = ("x_ptr", "weight_ptr", "bias_ptr", "h_ptr")
WIDE_POINTERS = ("sums_ptr", "squares_ptr", "routing_ptr", "out_ptr")
INDEX_POINTERS = ("slots_ptr", "blocks_ptr", "ends_ptr")
SCALARS = ("threshold", "alpha", "limit")
# Sizes and strides of common models, which Triton then knows to be multiples of 16.
MULTIPLES = (
    "hidden",
    "intermediate",
    "x_row",
    "weight_expert",
    "weight_neuron",
    "weight_output",
    "weight_input",
    "weight_up",
    "bias_expert",
    "bias_up",
)


@dataclass(frozen=True)
class Variant:
    """What the kernels are compiled for besides dtype and tiles.

    Attributes:
        activation: "silu", "gelu_tanh", "gelu" or "relu2".
        is_gated: whether there is an up projection beside the gate.
        is_transposed: weights are [E, in, out], else [E, out, in].
        is_interleaved: gate and up projection take turns, else all of the gate comes first.
        has_bias: whether projections have biases.
        has_limit: whether gate and up projection are clamped.
        up_offset: added to the up projection.
    """

    activation: str = "silu"
    is_gated: bool = True
    is_transposed: bool = False
    is_interleaved: bool = False
    has_bias: bool = False
    has_limit: bool = False
    up_offset: float = 0.0


def signatures(
    kernel: str, dtype: torch.dtype, tiles: Tiles, variant: Variant = Variant(), is_even: bool = True
) -> tuple[dict[str, str], dict[str, object]]:
    """Types of a kernel's arguments by name, "constexpr" for constants, and the values of the constants.

    Args:
        kernel: a key of `KERNELS`.
        dtype: of tokens and weights, a key of `TYPES`.
        tiles: the kernel's tile sizes.
        variant: the layout and activation.
        is_even: the depth is a multiple of `tiles.block_k`.
    """
    constants = {
        "is_gated": variant.is_gated,
        "is_interleaved": variant.is_interleaved,
        "has_bias": variant.has_bias,
        "activation": variant.activation,
        "has_limit": variant.has_limit,
        "up_offset": variant.up_offset,
        "is_even": is_even,
        "interpreted": False,
        "block_m": tiles.block_m,
        "block_n": tiles.block_n,
        "block_k": tiles.block_k,
    } | dict.fromkeys(_unit_strides(kernel, variant), 1)
    names = KERNELS[kernel].arg_names
    constants = {name: value for name, value in constants.items() if name in names}
    return {name: "constexpr" if name in constants else _type(name, TYPES[dtype]) for name in names}, constants


def attributes(kernel: str, variant: Variant = Variant()) -> dict[tuple[int], list[list]]:
    """Arguments that are multiples of 16, in the form that `triton.compiler.ASTSource` takes.

    Those are all pointers, and in common models also sizes and strides other than 1.
    """
    units = _unit_strides(kernel, variant)
    return {
        (i,): [["tt.divisibility", 16]]
        for i, name in enumerate(KERNELS[kernel].arg_names)
        if name not in units and (name.endswith("_ptr") or name in MULTIPLES)
    }


def _unit_strides(kernel: str, variant: Variant) -> list[str]:
    """Strides of 1, which Triton compiles as constants."""
    if kernel in ("down_norms", "mlp_down"):
        return ["bias_output", "weight_output" if variant.is_transposed else "weight_neuron"]
    strides = ["x_column", "bias_neuron", "weight_neuron" if variant.is_transposed else "weight_input"]
    if variant.is_interleaved:
        strides += ["bias_up", "weight_up"] if variant.is_transposed else ["bias_up"]
    return strides


def _type(name: str, number: str) -> str:
    if name in NUMBERS:
        return f"*{number}"
    if name in WIDE_POINTERS:
        return "*fp32"
    if name in INDEX_POINTERS:
        return "*i32"
    return "fp32" if name in SCALARS else "i32"
