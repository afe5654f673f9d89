"""Triton kernels of the routed forward pass: activations of each token's experts, then their weighted outputs.

A slot is one of the k experts of one token. Slots are sorted by expert and cut into blocks of `block_m`, none of which
has slots of two experts. `blocks_ptr` [2, blocks] says for each its expert and its first place in the order; an expert
that does not exist marks blocks that are left over.
"""

import triton
import triton.language as tl

from nbutils.kernels.triton_parts import activations, product

# Arguments that differ from call to call: no kernel is compiled for one of their values.
COUNTS = ["blocks", "top_k", "experts"]


@triton.jit(do_not_specialize=COUNTS)
def mlp_gate_up_kernel(
    x_ptr,
    weight_ptr,
    bias_ptr,
    h_ptr,
    slots_ptr,
    blocks_ptr,
    ends_ptr,
    blocks,
    top_k,
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
    """Activations h [slots, intermediate] in sorted order.

    `slots_ptr` [slots] holds the slots in sorted order, token t's being t * top_k and those that follow; `ends_ptr`
    [experts] where each expert's end. Tiles of neurons come first in the order of programs, as they share rows of x.
    """
    program = tl.program_id(0)
    tiles = tl.cdiv(intermediate, block_n)
    block = program // tiles
    expert = tl.load(blocks_ptr + block)
    if expert >= experts:
        return
    place = tl.load(blocks_ptr + blocks + block) + tl.arange(0, block_m)
    place_mask = place < tl.load(ends_ptr + expert)
    tile = program % tiles
    neurons = tile * block_n + tl.arange(0, block_n)
    neuron_mask = neurons < intermediate
    token = tl.load(slots_ptr + place, place_mask, other=0) // top_k
    h = activations(
        x_ptr + token.to(tl.int64) * x_row,
        place_mask,
        x_column,
        weight_ptr + expert.to(tl.int64) * weight_expert,
        bias_ptr + expert.to(tl.int64) * bias_expert,
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
    h_tile = h_ptr + (place.to(tl.int64) * intermediate)[:, None] + neurons[None, :]
    tl.store(h_tile, h.to(h_ptr.dtype.element_ty), place_mask[:, None] & neuron_mask[None, :])


@triton.jit(do_not_specialize=COUNTS)
def mlp_down_kernel(
    h_ptr,
    weight_ptr,
    bias_ptr,
    routing_ptr,
    out_ptr,
    slots_ptr,
    blocks_ptr,
    ends_ptr,
    blocks,
    hidden,
    intermediate,
    experts,
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
    """Outputs [slots, hidden] in float32, times the slot's routing weight, each at its slot and so no longer sorted."""
    program = tl.program_id(0)
    tiles = tl.cdiv(hidden, block_n)
    block = program // tiles
    expert = tl.load(blocks_ptr + block)
    if expert >= experts:
        return
    place = tl.load(blocks_ptr + blocks + block) + tl.arange(0, block_m)
    place_mask = place < tl.load(ends_ptr + expert)
    outputs = program % tiles * block_n + tl.arange(0, block_n)
    output_mask = outputs < hidden
    output = product(
        h_ptr + place.to(tl.int64) * intermediate,
        place_mask,
        1,
        weight_ptr + expert.to(tl.int64) * weight_expert + outputs.to(tl.int64) * weight_output,
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
        bias = bias_ptr + expert.to(tl.int64) * bias_expert + outputs.to(tl.int64) * bias_output
        output += tl.load(bias, output_mask, other=0.0).to(tl.float32)[None, :]
    slot = tl.load(slots_ptr + place, place_mask, other=0).to(tl.int64)
    output *= tl.load(routing_ptr + slot, place_mask, other=0.0)[:, None]
    out_tile = out_ptr + (slot * hidden)[:, None] + outputs[None, :]
    tl.store(out_tile, output, place_mask[:, None] & output_mask[None, :])
