"""What the Triton kernels share: the product of two tiles, the activations of a tile, and rounding.

The interpreter holds bfloat16 as bit patterns, on which products are wrong, and truncates where it stores them. With
`interpreted`, operands are therefore widened before they are multiplied, and results rounded before they are stored.
"""

import triton
import triton.language as tl


@triton.jit
def gate_product(
    x_rows,
    row_mask,
    x_column,
    gate_columns,
    up_columns,
    column_mask,
    weight_input,
    depth,
    is_even: tl.constexpr,
    interpreted: tl.constexpr,
    block_m: tl.constexpr,
    block_n: tl.constexpr,
    block_k: tl.constexpr,
):
    """Products [M, N] in float32 of rows of x with columns of two weights, each row of x being read once.

    `x_rows` [M], `gate_columns` and `up_columns` [N] point at the first of `depth` numbers; `x_column` and
    `weight_input` are the steps from one number to the next. `is_even`: `depth` is a multiple of `block_k`.
    """
    inner = tl.arange(0, block_k)
    x_tile = x_rows[:, None] + inner[None, :] * x_column
    gate_tile = gate_columns[None, :] + inner[:, None] * weight_input
    up_tile = up_columns[None, :] + inner[:, None] * weight_input
    gate = tl.zeros((block_m, block_n), tl.float32)
    up = tl.zeros((block_m, block_n), tl.float32)
    for step in range(0, tl.cdiv(depth, block_k)):
        x_mask = row_mask[:, None]
        weight_mask = column_mask[None, :]
        if not is_even:
            inside = inner < depth - step * block_k
            x_mask = x_mask & inside[None, :]
            weight_mask = weight_mask & inside[:, None]
        x = operand(tl.load(x_tile, x_mask, other=0.0), interpreted)
        gate = tl.dot(x, operand(tl.load(gate_tile, weight_mask, other=0.0), interpreted), gate, input_precision="ieee")
        up = tl.dot(x, operand(tl.load(up_tile, weight_mask, other=0.0), interpreted), up, input_precision="ieee")
        x_tile += block_k * x_column
        gate_tile += block_k * weight_input
        up_tile += block_k * weight_input
    return gate, up


@triton.jit
def product(
    x_rows,
    row_mask,
    x_column,
    weight_columns,
    column_mask,
    weight_input,
    depth,
    is_even: tl.constexpr,
    interpreted: tl.constexpr,
    block_m: tl.constexpr,
    block_n: tl.constexpr,
    block_k: tl.constexpr,
):
    """The product [M, N] in float32 of rows of x with columns of one weight; arguments as for `gate_product`."""
    inner = tl.arange(0, block_k)
    x_tile = x_rows[:, None] + inner[None, :] * x_column
    weight_tile = weight_columns[None, :] + inner[:, None] * weight_input
    total = tl.zeros((block_m, block_n), tl.float32)
    for step in range(0, tl.cdiv(depth, block_k)):
        x_mask = row_mask[:, None]
        weight_mask = column_mask[None, :]
        if not is_even:
            inside = inner < depth - step * block_k
            x_mask = x_mask & inside[None, :]
            weight_mask = weight_mask & inside[:, None]
        x = operand(tl.load(x_tile, x_mask, other=0.0), interpreted)
        weight = operand(tl.load(weight_tile, weight_mask, other=0.0), interpreted)
        total = tl.dot(x, weight, total, input_precision="ieee")
        x_tile += block_k * x_column
        weight_tile += block_k * weight_input
    return total


@triton.jit
def activations(
    x_rows,
    row_mask,
    x_column,
    weight,
    bias,
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
    dtype: tl.constexpr,
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
    """Activations [M, N] of one tile of neurons of one expert, as float32 numbers that `dtype` can hold.

    `weight` and `bias` point at the expert's first row; `weight_neuron` and `bias_neuron` are the steps to the next,
    `weight_up` and `bias_up` those from a neuron's gate to its up projection. Where the two take turns, both are
    read as one tile, so that reads stay contiguous, and parted afterwards.
    """
    if is_gated and not is_interleaved:
        rows = tile * block_n + tl.arange(0, block_n)
        mask = rows < intermediate
        columns = weight + rows.to(tl.int64) * weight_neuron
        gate, up = gate_product(
            x_rows,
            row_mask,
            x_column,
            columns,
            columns + weight_up,
            mask,
            weight_input,
            hidden,
            is_even,
            interpreted,
            block_m,
            block_n,
            block_k,
        )
        if has_bias:
            gate += tl.load(bias + rows.to(tl.int64) * bias_neuron, mask, other=0.0).to(tl.float32)[None, :]
            up += tl.load(bias + rows.to(tl.int64) * bias_neuron + bias_up, mask, other=0.0).to(tl.float32)[None, :]
    else:
        width: tl.constexpr = 2 * block_n if is_gated else block_n
        rows = tile * width + tl.arange(0, width)
        mask = rows < (2 * intermediate if is_gated else intermediate)
        gate = product(
            x_rows,
            row_mask,
            x_column,
            weight + rows.to(tl.int64) * weight_neuron,
            mask,
            weight_input,
            hidden,
            is_even,
            interpreted,
            block_m,
            width,
            block_k,
        )
        if has_bias:
            gate += tl.load(bias + rows.to(tl.int64) * bias_neuron, mask, other=0.0).to(tl.float32)[None, :]
        if is_gated:
            gate, up = tl.split(tl.reshape(gate, (block_m, block_n, 2)))
    if is_gated:
        if has_limit:
            gate = tl.minimum(gate, limit, propagate_nan=tl.PropagateNan.ALL)
            up = tl.clamp(up, -limit, limit, propagate_nan=tl.PropagateNan.ALL)
        result = activated(gate, alpha, activation) * (up + up_offset)
    else:
        result = activated(gate, alpha, activation)
    return rounded(result, dtype, interpreted)


@triton.jit
def activated(x, alpha, activation: tl.constexpr):
    """SiLU with slope `alpha`, either GELU or squared ReLU; the tanh of GELU is written as a sigmoid."""
    if activation == "silu":
        result = x * tl.sigmoid(alpha * x)
    elif activation == "gelu_tanh":
        result = x * tl.sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x))
    elif activation == "gelu":
        result = 0.5 * x * (1 + tl.erf(0.7071067811865476 * x))
    else:
        tl.static_assert(activation == "relu2")
        result = tl.where(x < 0, 0.0, x * x)
    return result


@triton.jit
def operand(tile, interpreted: tl.constexpr):
    """A tile as `tl.dot` is to receive it."""
    return tile.to(tl.float32) if interpreted else tile


@triton.jit
def rounded(x, dtype: tl.constexpr, interpreted: tl.constexpr):
    """The float32 numbers x, rounded to the nearest that `dtype` can hold."""
    if interpreted and dtype == tl.bfloat16:
        bits = x.to(tl.int32, bitcast=True)
        bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & -65536
        result = tl.where(x != x, x, bits.to(tl.float32, bitcast=True))
    else:
        result = x.to(dtype).to(tl.float32)
    return result
