"""Weighted means of regions over the steps of a field that is never held whole."""

import numpy as np
import xarray as xr
from numba import njit

from nbutils.climate.io.grid import Grid
from nbutils.climate.io.netcdf import axis_names
from nbutils.climate.io.weights import Weights

BLOCK_BYTES = 2**26
VALUE_BYTES = 8
STEADY_SHARE = 0.99


def region_means(field: xr.DataArray, grid: Grid, weights: Weights, steps: slice, report: list[str]) -> np.ndarray:
    """Mean of each region at each step, over the cells that are not missing.

    The field is read in tiles that follow its stored chunks, so that none is unpacked twice unless it is larger than
    64 MiB itself. Tiles in which no cell counts are not read.

    Args:
        field: over time, latitude and longitude, in any order, not yet read.
        grid: of the field.
        weights: of its cells.
        steps: to read, with start and stop.
        report: gets a sentence about regions whose missing cells change.

    Returns:
        [steps, regions] float64, in the field's unit; NaN where all cells are missing.
    """
    time = axis_names(field)["time"]
    dimensions = (time, grid.latitude_name, grid.longitude_name)
    tile = _tile_shape([field.sizes[name] for name in dimensions], _chunk(field, dimensions))
    total, known = (np.zeros((steps.stop - steps.start, len(weights.names))) for _ in range(2))
    tiles = _counting_tiles(weights, tile)
    for start in range(steps.start - steps.start % tile[0], steps.stop, tile[0]):
        span = slice(max(start, steps.start), min(start + tile[0], steps.stop))
        out = slice(span.start - steps.start, span.stop - steps.start)
        for rows, columns, cells in tiles:
            block = field.isel(dict(zip(dimensions, (span, rows, columns), strict=True))).transpose(*dimensions)
            values = np.ascontiguousarray(block.values, dtype=np.result_type(field.dtype, np.float32))
            position = (weights.row[cells] - rows.start, weights.column[cells] - columns.start)
            _add(values, *position, weights.region[cells], weights.weight[cells], total[out], known[out])
    _tell_changes(known, weights.names, report)
    with np.errstate(invalid="ignore"):
        return total / known


@njit(cache=True)
def _add(values, row, column, region, weight, total, known):
    """Adds the weighted known values [steps, rows, columns] to the sums of their regions [steps, regions]."""
    for step in range(values.shape[0]):
        for cell in range(len(row)):
            value = values[step, row[cell], column[cell]]
            if not np.isnan(value):
                total[step, region[cell]] += weight[cell] * value
                known[step, region[cell]] += weight[cell]


def _chunk(field: xr.DataArray, dimensions: tuple[str, ...]) -> list[int]:
    stored = field.encoding.get("preferred_chunks", {})
    return [stored.get(name, 1 if name == dimensions[0] else field.sizes[name]) for name in dimensions]


def _tile_shape(shape: list[int], chunk: list[int]) -> tuple[int, int, int]:
    """Steps, rows and columns of a tile: whole chunks, as many as fit in a block, or part of the steps of one."""
    tile = [min(size, length) for size, length in zip(chunk, shape, strict=True)]
    room = BLOCK_BYTES // VALUE_BYTES
    if np.prod(tile) > room:
        tile[0] = max(1, room // (tile[1] * tile[2]))
    if np.prod(tile) > room:
        tile[1] = max(1, room // tile[2])
    for axis in (2, 1, 0):
        times = max(1, room // int(np.prod(tile)))
        tile[axis] = min(shape[axis], tile[axis] * times)
    return tuple(tile)


def _counting_tiles(weights: Weights, tile: tuple[int, int, int]) -> list[tuple[slice, slice, np.ndarray]]:
    """Rows and columns of the tiles that hold cells with a weight, cut to them, and the indices of these cells."""
    number = weights.row // tile[1] * (weights.column.max() // tile[2] + 1) + weights.column // tile[2]
    order = np.argsort(number, kind="stable")
    tiles = []
    for cells in np.split(order, np.flatnonzero(np.diff(number[order])) + 1):
        rows, columns = (
            slice(int(axis[cells].min()), int(axis[cells].max()) + 1) for axis in (weights.row, weights.column)
        )
        tiles.append((rows, columns, cells))
    return tiles


def _tell_changes(known: np.ndarray, names: list[str], report: list[str]) -> None:
    changing = [name for name, share in zip(names, known.T, strict=True) if share.min() < STEADY_SHARE * share.max()]
    if changing:
        report.append(
            f"The missing cells of {', '.join(changing[:5])} change in time: means are over those that are known."
        )
