"""How much each cell of a temperature grid counts for each region: by people, or by area."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.grid import Grid, column_shares, grid_of, row_shares
from nbutils.climate.io.netcdf import opened, plane_of

Box = tuple[float, float, float, float]
Regions = Mapping[str, Box] | str | Path
BLOCK_CELLS = 2**22
DENSITY_WORDS = ("km-2", "km^-2", "/km", "per km", "per sq", "m-2", "density")


@dataclass(frozen=True)
class Weights:
    """Cells that count for some region; a cell may count for several.

    Attributes:
        names: of the regions.
        row: [n] int64 row of the grid.
        column: [n] int64 column of the grid.
        region: [n] int64 index into `names`.
        weight: [n] float64, above zero.
    """

    names: list[str]
    row: np.ndarray
    column: np.ndarray
    region: np.ndarray
    weight: np.ndarray


def region_weights(
    grid: Grid,
    regions: Regions | None,
    population: str | Path | None,
    report: list[str],
) -> Weights:
    """Weights of all regions.

    Args:
        grid: of the temperature.
        regions: as `read_gridded` takes them.
        population: as `read_gridded` takes it.
        report: gets sentences about what was decided.

    Raises:
        ClimateDataError: a region has no cell that counts, or a file is not as it must be.
    """
    count = grid.cell_area() if population is None else population_on(grid, population, report)
    if population is None:
        report.append("Temperatures are weighted by area, not by population.")
    names, members = _members(grid, regions)
    parts = [np.nonzero(member & (count > 0)) for member in members]
    for name, (rows, _) in zip(names, parts, strict=True):
        if not len(rows):
            what = "people" if population is not None else "cell of the grid"
            raise ClimateDataError(f"region '{name}' holds no {what}: check its box or mask")
    rows, columns = (np.concatenate([part[axis] for part in parts]) for axis in (0, 1))
    region = np.repeat(np.arange(len(names)), [len(part[0]) for part in parts])
    return Weights(names, rows, columns, region, count[rows, columns])


def population_on(grid: Grid, population: str | Path, report: list[str]) -> np.ndarray:
    """People by cell of the temperature grid [rows, columns].

    The people of a cell are taken to live evenly over its area, and each temperature cell gets those of the area that
    it shares with it, so that their number is kept whichever grid is finer. A density is turned into a number by the
    area of its cells. Missing cells hold nobody. A fine grid is read in blocks of rows.

    Args:
        grid: of the temperature.
        population: NetCDF with one variable over latitude and longitude.
        report: gets sentences about what was decided.

    Raises:
        ClimateDataError: the file holds no such field, or negative numbers.
    """
    source = f"'{Path(population).name}'"
    with opened(population) as data:
        field = plane_of(data, source)
        theirs = grid_of(field, source)
        described = " ".join(str(field.attrs.get(name, "")) for name in ("units", "long_name")).casefold()
        is_density = any(word in described for word in DENSITY_WORDS)
        to_row, to_column = row_shares(theirs, grid), column_shares(theirs, grid)
        area = theirs.cell_area()[:, :1]
        count, people = np.zeros((len(grid.latitude), len(grid.longitude))), 0.0
        for rows, block in _blocks(field, theirs, source):
            numbers = block * area[rows] if is_density else block
            count += to_row[rows].T @ (to_column.T @ numbers.T).T
            people += numbers.sum()
    if is_density:
        report.append("The population is a density and was multiplied by the area of its cells.")
    outside = 1 - count.sum() / people if people else 0.0
    if outside > 1e-3:
        report.append(f"{outside:.1%} of the people live outside the temperature grid and do not count.")
    return count


def _blocks(field: xr.DataArray, grid: Grid, source: str) -> Iterator[tuple[slice, np.ndarray]]:
    step = max(1, BLOCK_CELLS // len(grid.longitude))
    for start in range(0, len(grid.latitude), step):
        rows = slice(start, min(start + step, len(grid.latitude)))
        block = field.isel({grid.latitude_name: rows}).transpose(grid.latitude_name, grid.longitude_name)
        numbers = np.nan_to_num(np.asarray(block.values, dtype=float), nan=0.0)
        if (numbers < 0).any():
            raise ClimateDataError(
                f"{source} holds {numbers.min():g} people: mark missing cells with _FillValue or NaN"
            )
        yield rows, numbers


def _members(grid: Grid, regions: Regions | None) -> tuple[list[str], Iterator[np.ndarray]]:
    """Names of regions, and for each in turn which cells [rows, columns] lie in it."""
    if regions is None:
        return ["all"], iter([np.ones((len(grid.latitude), len(grid.longitude)), dtype=bool)])
    if isinstance(regions, Mapping):
        return list(regions), (_in_box(grid, name, box) for name, box in regions.items())
    code, names = _mask_on(grid, regions)
    return list(names), (code == value for value in names.values())


def _mask_on(grid: Grid, mask: str | Path) -> tuple[np.ndarray, dict[str, float]]:
    """The value of the mask at the centre of each cell [rows, columns], NaN outside, and the values of the regions."""
    source = f"'{Path(mask).name}'"
    with opened(mask) as data:
        field = plane_of(data, source)
        theirs = grid_of(field, source)
        row, column = theirs.row_of(grid.latitude), theirs.column_of(grid.longitude)
        values = np.asarray(field.transpose(theirs.latitude_name, theirs.longitude_name).values, dtype=float)
        names = _named_values(field, source)
    inside = (row >= 0)[:, None] & (column >= 0)
    return np.where(inside, values[row[:, None], column], np.nan), names


def _in_box(grid: Grid, name: str, box: Box) -> np.ndarray:
    if len(box) != 4 or not box[1] < box[3]:
        raise ClimateDataError(f"region '{name}' is {tuple(box)}: give (west, south, east, north) in degrees")
    west, south, east, north = box
    width = 360.0 if east - west >= 360 else (east - west) % 360
    rows = (grid.latitude >= south) & (grid.latitude <= north)
    return rows[:, None] & ((grid.longitude - west) % 360 <= width)


def _named_values(field: xr.DataArray, source: str) -> dict[str, float]:
    """Values of a mask by region, from the attributes flag_values and flag_meanings of the CF conventions."""
    values, meanings = field.attrs.get("flag_values"), field.attrs.get("flag_meanings")
    names = str(meanings or "").split()
    if values is None or len(np.atleast_1d(values)) != len(names):
        raise ClimateDataError(
            f"'{field.name}' of {source} names no regions: give it the attributes flag_values and flag_meanings"
        )
    return dict(
        zip((name.replace("_", " ") for name in names), np.atleast_1d(values).astype(float).tolist(), strict=True)
    )
