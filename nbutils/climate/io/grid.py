"""A regular grid of latitudes and longitudes: how large its cells are, and what lies in them."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse
import xarray as xr

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.netcdf import axis_names


@dataclass(frozen=True)
class Axis:
    """One axis of a grid in ascending order.

    Attributes:
        order: [n] where in the file the cells of the ordered axis are.
        edges: [n + 1] degrees, ascending; longitudes run on past 360 rather than jump.
    """

    order: np.ndarray
    edges: np.ndarray

    def cells_of(self, points: np.ndarray) -> np.ndarray:
        """Position in the file of the cell that holds each point, -1 for points outside."""
        found = np.searchsorted(self.edges, points, side="right") - 1
        found = np.where(points == self.edges[-1], len(self.order) - 1, found)
        inside = (found >= 0) & (found < len(self.order))
        return np.where(inside, self.order[np.clip(found, 0, len(self.order) - 1)], -1)


@dataclass(frozen=True)
class Grid:
    """The axes of a field.

    Attributes:
        latitude_name: dimension in the file.
        longitude_name: dimension in the file.
        latitude: [rows] degrees north, in any order.
        longitude: [columns] degrees east, in any order and from any meridian.
    """

    latitude_name: str
    longitude_name: str
    latitude: np.ndarray
    longitude: np.ndarray

    def rows(self) -> Axis:
        """The latitudes, from south to north; cells end at the poles."""
        order = np.argsort(self.latitude, kind="stable")
        return Axis(order, np.clip(_edges(self.latitude[order]), -90, 90))

    def columns(self) -> Axis:
        """The longitudes, from west to east, beginning after the widest gap."""
        wrapped = self.longitude % 360
        order = np.argsort(wrapped, kind="stable")
        after_gap = 1 + int(np.argmax(np.diff(wrapped[order], append=wrapped[order[0]] + 360)))
        ascending = np.concatenate([wrapped[order[after_gap:]], wrapped[order[:after_gap]] + 360])
        return Axis(np.roll(order, -after_gap), _edges(ascending))

    def cell_area(self) -> np.ndarray:
        """[rows, columns] areas on the unit sphere, up to a constant."""
        area = np.empty((len(self.latitude), len(self.longitude)))
        rows, columns = self.rows(), self.columns()
        heights, widths = np.diff(np.sin(np.radians(rows.edges))), np.diff(columns.edges)
        area[rows.order[:, None], columns.order] = heights[:, None] * widths
        return area

    def row_of(self, latitude: np.ndarray) -> np.ndarray:
        """The row that holds each latitude, -1 outside the grid."""
        return self.rows().cells_of(latitude)

    def column_of(self, longitude: np.ndarray) -> np.ndarray:
        """The column that holds each longitude, -1 outside the grid."""
        columns = self.columns()
        west = columns.edges[0]
        return columns.cells_of(west + (longitude - west) % 360)


def row_shares(theirs: Grid, ours: Grid) -> scipy.sparse.csr_array:
    """[rows of theirs, rows of ours] share of the area of each of their rows that lies in each of ours."""
    sines = (Axis(axis.order, np.sin(np.radians(axis.edges))) for axis in (theirs.rows(), ours.rows()))
    return _shares(*sines, (0,))


def column_shares(theirs: Grid, ours: Grid) -> scipy.sparse.csr_array:
    """[columns of theirs, columns of ours] share of each of their columns that lies in each of ours."""
    return _shares(theirs.columns(), ours.columns(), (-360, 0, 360))


def grid_of(field: xr.DataArray, source: str) -> Grid:
    """The grid of a field.

    Raises:
        ClimateDataError: the field has no one-dimensional latitude and longitude, or one that is out of range.
    """
    axes = axis_names(field)
    if not {"latitude", "longitude"} <= set(axes):
        raise ClimateDataError(
            f"'{field.name}' of {source} has the dimensions {', '.join(map(str, field.dims))}: "
            "bring it to a regular grid with the dimensions latitude and longitude"
        )
    names = (axes["latitude"], axes["longitude"])
    latitude, longitude = (np.asarray(field[name].values, dtype=float) for name in names)
    if not (np.abs(latitude) <= 90.001).all() or not (np.abs(longitude) <= 360.001).all():
        raise ClimateDataError(f"{source} has latitudes beyond 90 or longitudes beyond 360: give degrees")
    return Grid(*names, latitude, longitude)


def _edges(ascending: np.ndarray) -> np.ndarray:
    """Edges half-way between centres; a single cell is one degree wide."""
    half = np.median(np.diff(ascending)) / 2 if len(ascending) > 1 else 0.5
    between = (ascending[1:] + ascending[:-1]) / 2
    return np.concatenate([[ascending[0] - half], between, [ascending[-1] + half]])


def _shares(theirs: Axis, ours: Axis, turns: tuple[int, ...]) -> scipy.sparse.csr_array:
    """Cuts their cells at our edges and sums the pieces."""
    shape = (len(theirs.order), len(ours.order))
    total = scipy.sparse.csr_array(shape)
    width = np.empty(len(theirs.order))
    width[theirs.order] = np.diff(theirs.edges)
    for turn in turns:
        turned = Axis(ours.order, ours.edges + turn)
        cuts = np.union1d(theirs.edges, turned.edges)
        middle, length = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)
        cell, target = theirs.cells_of(middle), turned.cells_of(middle)
        both = (cell >= 0) & (target >= 0)
        share = length[both] / width[cell[both]]
        total = total + scipy.sparse.csr_array((share, (cell[both], target[both])), shape=shape)
    return total
