"""Launches the Triton kernels, and sums up what they leave."""

import torch
import triton
from torch import Tensor, nn

from nbutils.kernels.arguments import (
    activation_arguments,
    down_arguments,
    gate_up_arguments,
    tile_arguments,
)
from nbutils.kernels.gates import Activation
from nbutils.kernels.interface import neurons_of
from nbutils.kernels.reference import ExpertStatistics, empty_statistics
from nbutils.kernels.routed import sorted_slots
from nbutils.kernels.signatures import KERNELS
from nbutils.kernels.tiles import Tiles, device_class, tiles_for

# Bytes of activations between the two kernels of the norms: half of the second-level cache of an A100 or H100, so that
# they are still there when the second kernel reads them.
CACHE = 24 * 2**20
# Tokens at a time. Every weight is read once for them, which keeps an H100 busy from about 270 tokens on; more of them
# only leave less of the cache to other experts.
MIN_ROWS, MAX_ROWS = 512, 4096
INTERPRETED = not isinstance(KERNELS["gate_up"], triton.JITFunction)


def norms_in_triton(
    experts: nn.Module, hidden_states: Tensor, threshold: float, activation: Activation
) -> ExpertStatistics:
    """Statistics of all experts on tokens [T, H], each [T, E]; arguments as for `expert_norms`.

    Goes through some tokens and some experts at a time, so few that their activations stay in the cache.
    """
    result = empty_statistics(experts, hidden_states)
    bytes_per_token = neurons_of(experts) * hidden_states.element_size()
    rows = min(len(hidden_states), max(MIN_ROWS, min(MAX_ROWS, CACHE // bytes_per_token)))
    group = max(1, CACHE // max(1, rows * bytes_per_token))
    with torch.cuda.device_of(hidden_states):
        for tokens in _slices(len(hidden_states), rows):
            for chosen in _slices(experts.num_experts, group):
                sums, squares = _partial_sums(experts, hidden_states[tokens], chosen, threshold, activation)
                result.norm[tokens, chosen] = squares.sum(1).sqrt_().T
                result.abs_sum[tokens, chosen] = sums[0].sum(1).T
                result.square_sum[tokens, chosen] = sums[1].sum(1).T
                result.abs_max[tokens, chosen] = sums[2].amax(1).T
                result.above[tokens, chosen] = sums[3].sum(1).T
    return result


def routed_in_triton(
    experts: nn.Module, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor, activation: Activation
) -> Tensor:
    """Output [T, H] of the experts that the router chose; arguments as for `expert_mlp`."""
    (tokens, top_k), hidden = top_k_index.shape, hidden_states.shape[1]
    outputs = hidden_states.new_empty(tokens * top_k, hidden, dtype=torch.float32)
    if len(outputs):
        order, counts = sorted_slots(top_k_index, experts.num_experts)
        with torch.cuda.device_of(hidden_states):
            h = _routed_activations(experts, hidden_states, order.int(), counts, top_k, activation)
            weights = top_k_weights.flatten().float()
            _routed_outputs(experts, h, order.int(), counts, weights, outputs)
    return outputs.view(tokens, top_k, hidden).sum(1).to(hidden_states.dtype)


def block_table(counts: Tensor, block_m: int, slots: int) -> Tensor:
    """Expert and first place of each block of sorted slots, int32 [2, blocks], made without waiting for the device.

    There are as many blocks as the slots can need; those left over get an expert that does not exist.

    Args:
        counts: [E] slots of each expert.
        block_m: slots of a block.
        slots: sum of `counts`.
    """
    per_expert = (counts + block_m - 1) // block_m
    last = per_expert.cumsum(0)
    block = torch.arange(slots // block_m + min(slots, len(counts)), device=counts.device)
    expert = torch.searchsorted(last, block, right=True)
    own = expert.clamp(max=len(counts) - 1)
    first = counts.cumsum(0) - counts
    return torch.stack([expert, first[own] + (block - last[own] + per_expert[own]) * block_m]).int()


def _partial_sums(
    experts: nn.Module, x: Tensor, chosen: slice, threshold: float, activation: Activation
) -> tuple[Tensor, Tensor]:
    """Statistics of activations [4, experts, tiles, T], and sums of squares of outputs [experts, tiles, T]."""
    (rows, hidden), neurons, count = x.shape, neurons_of(experts), chosen.stop - chosen.start
    sizes = {"rows": rows, "hidden": hidden, "intermediate": neurons}
    h = x.new_empty(count, rows, neurons)
    tiles = _tiles("gate_up", x)
    columns = triton.cdiv(neurons, tiles.block_n)
    sums = x.new_empty(4, count, columns, rows, dtype=torch.float32)
    KERNELS["gate_up"][(count * columns * triton.cdiv(rows, tiles.block_m),)](
        x_ptr=x,
        h_ptr=h,
        sums_ptr=sums,
        experts=count,
        x_row=x.stride(0),
        x_column=x.stride(1),
        threshold=float(threshold),
        **sizes,
        **gate_up_arguments(experts, chosen),
        **activation_arguments(experts, activation),
        **tile_arguments(tiles, hidden, INTERPRETED),
    )
    tiles = _tiles("down_norms", x)
    columns = triton.cdiv(hidden, tiles.block_n)
    squares = x.new_empty(count, columns, rows, dtype=torch.float32)
    KERNELS["down_norms"][(count * columns * triton.cdiv(rows, tiles.block_m),)](
        h_ptr=h,
        squares_ptr=squares,
        **sizes,
        **down_arguments(experts, chosen),
        **tile_arguments(tiles, neurons, INTERPRETED),
    )
    return sums, squares


def _routed_activations(
    experts: nn.Module, x: Tensor, order: Tensor, counts: Tensor, top_k: int, activation: Activation
) -> Tensor:
    """Activations [slots, I] in sorted order."""
    hidden, neurons = x.shape[1], neurons_of(experts)
    h = x.new_empty(len(order), neurons)
    tiles = _tiles("mlp_gate_up", x)
    table = block_table(counts, tiles.block_m, len(order))
    KERNELS["mlp_gate_up"][(table.shape[1] * triton.cdiv(neurons, tiles.block_n),)](
        x_ptr=x,
        h_ptr=h,
        slots_ptr=order,
        blocks_ptr=table,
        ends_ptr=counts.cumsum(0).int(),
        blocks=table.shape[1],
        top_k=top_k,
        hidden=hidden,
        intermediate=neurons,
        experts=len(counts),
        x_row=x.stride(0),
        x_column=x.stride(1),
        **gate_up_arguments(experts),
        **activation_arguments(experts, activation),
        **tile_arguments(tiles, hidden, INTERPRETED),
    )
    return h


def _routed_outputs(
    experts: nn.Module, h: Tensor, order: Tensor, counts: Tensor, weights: Tensor, outputs: Tensor
) -> None:
    """Fills in the weighted outputs [slots, H]."""
    hidden, neurons = outputs.shape[1], h.shape[1]
    tiles = _tiles("mlp_down", h)
    table = block_table(counts, tiles.block_m, len(order))
    KERNELS["mlp_down"][(table.shape[1] * triton.cdiv(hidden, tiles.block_n),)](
        h_ptr=h,
        routing_ptr=weights,
        out_ptr=outputs,
        slots_ptr=order,
        blocks_ptr=table,
        ends_ptr=counts.cumsum(0).int(),
        blocks=table.shape[1],
        hidden=hidden,
        intermediate=neurons,
        experts=len(counts),
        **down_arguments(experts),
        **tile_arguments(tiles, neurons, INTERPRETED),
    )


def _tiles(kernel: str, numbers: Tensor) -> Tiles:
    return tiles_for(kernel, device_class(numbers.device), numbers.element_size())


def _slices(stop: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, stop)) for start in range(0, stop, size)] if stop else []
