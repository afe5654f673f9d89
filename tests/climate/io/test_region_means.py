import numpy as np
import pytest

from nbutils.climate.io import region_means as module
from nbutils.climate.io.grid import grid_of
from nbutils.climate.io.netcdf import opened, temperature_of
from nbutils.climate.io.region_means import region_means
from nbutils.climate.io.weights import region_weights
from tests.climate.io.made import field, mean_by_loops, peak_bytes, written

BOXES = {"west": (-15, 25, 5, 65), "all": (-180, -90, 180, 90), "one": (5, 45, 15, 55)}


def means(path, steps=None, regions=BOXES, report=None):
    with opened(path) as data:
        found = temperature_of(data, None, "f")
        grid = grid_of(found, "f")
        weights = region_weights(grid, regions, None, [])
        steps = steps or slice(0, found.sizes["time"])
        return region_means(found, grid, weights, steps, [] if report is None else report)


def by_loops(made, regions=BOXES):
    weights = np.cos(np.radians(made["latitude"].values))[:, None] * np.ones(made.sizes["longitude"])
    columns = []
    for west, south, east, north in regions.values():
        width = 360 if east - west >= 360 else (east - west) % 360
        inside = ((made["latitude"].values >= south) & (made["latitude"].values <= north))[:, None] & (
            (made["longitude"].values - west) % 360 <= width
        )
        columns.append([mean_by_loops(step, weights * inside) for step in made.values])
    return np.array(columns).T


@pytest.mark.parametrize(
    ("order", "chunks", "block_bytes"),
    [
        (("time", "latitude", "longitude"), None, 2**26),
        (("time", "latitude", "longitude"), None, 300),
        (("time", "latitude", "longitude"), (10, 3, 5), 2**26),
        (("time", "latitude", "longitude"), (1, 4, 5), 64),
        (("time", "latitude", "longitude"), (24, 2, 2), 300),
        (("longitude", "time", "latitude"), (7, 1, 1), 300),
        (("longitude", "time", "latitude"), (24, 4, 5), 64),
    ],
)
def test_means_are_those_of_plain_loops_however_the_file_is_cut(tmp_path, monkeypatch, order, chunks, block_bytes):
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    made = field(days=1)
    sizes = dict(zip(("time", "latitude", "longitude"), chunks, strict=True)) if chunks else {}
    encoding = {"chunksizes": tuple(sizes[name] for name in order)} if chunks else {}
    path = written(made.transpose(*order), tmp_path, **encoding)

    np.testing.assert_allclose(means(path), by_loops(made), rtol=1e-12)
    np.testing.assert_allclose(means(path, slice(5, 20)), by_loops(made)[5:20], rtol=1e-12)


def test_missing_cells_do_not_count_and_changing_ones_are_reported(tmp_path):
    made = field()
    made[:, 1, 1] = np.nan
    report = []

    np.testing.assert_allclose(means(written(made, tmp_path), report=report), by_loops(made), rtol=1e-12)
    assert report == []

    made[10:, 2, 2] = np.nan
    np.testing.assert_allclose(means(written(made, tmp_path), report=report), by_loops(made), rtol=1e-12)
    assert report == ["The missing cells of all change in time: means are over those that are known."]


def test_a_step_without_any_known_cell_is_nan(tmp_path):
    made = field()
    made[4] = np.nan

    found = means(written(made, tmp_path))

    assert np.isnan(found[4]).all()
    assert not np.isnan(np.delete(found, 4, axis=0)).any()


def test_memory_is_bounded_by_the_block_not_by_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 2**21)
    latitudes, longitudes = np.arange(90, -90.1, -2.5), np.arange(0, 360, 2.5)
    made = field(days=30, latitudes=latitudes, longitudes=longitudes).astype(np.float32)
    path = written(made, tmp_path, chunksizes=(24, len(latitudes), len(longitudes)))
    size = made.nbytes
    del made
    means(path, slice(0, 24))

    peak, _ = peak_bytes(lambda: means(path))

    assert size > 30e6
    assert peak < 5 * 2**21
