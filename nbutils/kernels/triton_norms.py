"""Triton kernels that run every expert on every token and keep statistics: activations, then norms of outputs."""

import triton
import triton.language as tl

from nbutils.kernels.triton_parts import activations, product

# Arguments that differ from call to call: no kernel is compiled for one of their values.
COUNTS = ["rows", "experts"]


@triton.jit(do_not_specialize=COUNTS)
def gate_up_kernel(
    x_ptr,
    weight_ptr,
    bias_ptr,
    h_ptr,
    sums_ptr,
    rows,
    hidden,
    intermediate,
    experts,
    x_row,
    x_column,
    weight_expert,
    weight_neuron,
    weight_input,
    weight_up,
    bias_expert,
    bias_neuron,
    bias_up,
    threshold,
    alpha,
    limit,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    has_bias: tl.constexpr,
    activation: tl.constexpr,
    has_limit: tl.constexpr,
    up_offset: tl.constexpr,
    is_even: tl.constexpr,
    interpreted: tl.constexpr,
    block_m: tl.constexpr,
    block_n: tl.constexpr,
    block_k: tl.constexpr,
):
    """Activations h [experts, rows, intermediate], and their statistics for each tile of neurons.

    `sums_ptr` receives sum |h|, sum h^2, max |h| and the number of |h| > `threshold`, in float32
    [4, experts, tiles, rows]. Tiles of rows come first in the order of programs, as they share a tile of weights.
    """
    program = tl.program_id(0)
    row_tiles = tl.cdiv(rows, block_m)
    tiles = tl.cdiv(intermediate, block_n)
    expert = (program // (row_tiles * tiles)).to(tl.int64)
    tile = program // row_tiles % tiles
    row = (program % row_tiles) * block_m + tl.arange(0, block_m).to(tl.int64)
    neurons = tile * block_n + tl.arange(0, block_n)
    row_mask = row < rows
    neuron_mask = neurons < intermediate
    h = activations(
        x_ptr + row * x_row,
        row_mask,
        x_column,
        weight_ptr + expert * weight_expert,
        bias_ptr + expert * bias_expert,
        tile,
        weight_neuron,
        weight_input,
        weight_up,
        bias_neuron,
        bias_up,
        hidden,
        intermediate,
        alpha,
        limit,
        h_ptr.dtype.element_ty,
        is_gated,
        is_interleaved,
        has_bias,
        activation,
        has_limit,
        up_offset,
        is_even,
        interpreted,
        block_m,
        block_n,
        block_k,
    )
    h_tile = h_ptr + ((expert * rows + row) * intermediate)[:, None] + neurons[None, :]
    tl.store(h_tile, h.to(h_ptr.dtype.element_ty), row_mask[:, None] & neuron_mask[None, :])

    magnitude = tl.abs(h)
    abs_sum = tl.sum(magnitude, 1)
    above = (magnitude > threshold) & neuron_mask[None, :]
    out = sums_ptr + (expert * tiles + tile) * rows + row
    step = experts * tiles.to(tl.int64) * rows
    tl.store(out, abs_sum, row_mask)
    tl.store(out + step, tl.sum(h * h, 1), row_mask)
    tl.store(out + 2 * step, tl.where(abs_sum != abs_sum, abs_sum, tl.max(magnitude, 1)), row_mask)
    tl.store(out + 3 * step, tl.sum(above.to(tl.float32), 1), row_mask)


@triton.jit(do_not_specialize=COUNTS)
def down_norms_kernel(
    h_ptr,
    weight_ptr,
    bias_ptr,
    squares_ptr,
    rows,
    hidden,
    intermediate,
    weight_expert,
    weight_output,
    weight_neuron,
    bias_expert,
    bias_output,
    has_bias: tl.constexpr,
    is_even: tl.constexpr,
    interpreted: tl.constexpr,
    block_m: tl.constexpr,
    block_n: tl.constexpr,
    block_k: tl.constexpr,
):
    """Sums of squares of the outputs of h [experts, rows, intermediate] for each tile of outputs.

    `squares_ptr` receives float32 [experts, tiles, rows]; the outputs themselves are never written.
    """
    program = tl.program_id(0)
    row_tiles = tl.cdiv(rows, block_m)
    tiles = tl.cdiv(hidden, block_n)
    expert = (program // (row_tiles * tiles)).to(tl.int64)
    tile = program // row_tiles % tiles
    row = (program % row_tiles) * block_m + tl.arange(0, block_m).to(tl.int64)
    outputs = tile * block_n + tl.arange(0, block_n)
    row_mask = row < rows
    output_mask = outputs < hidden
    output = product(
        h_ptr + (expert * rows + row) * intermediate,
        row_mask,
        1,
        weight_ptr + expert * weight_expert + outputs.to(tl.int64) * weight_output,
        output_mask,
        weight_neuron,
        intermediate,
        is_even,
        interpreted,
        block_m,
        block_n,
        block_k,
    )
    if has_bias:
        bias = bias_ptr + expert * bias_expert + outputs.to(tl.int64) * bias_output
        output += tl.load(bias, output_mask, other=0.0).to(tl.float32)[None, :]
    tl.store(squares_ptr + (expert * tiles + tile) * rows + row, tl.sum(output * output, 1), row_mask)
