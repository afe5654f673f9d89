import numpy as np
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io import weights
from nbutils.climate.io.grid import Grid
from nbutils.climate.io.weights import population_on, region_weights
from tests.climate.io.made import LATITUDES, LONGITUDES, plane, written

GRID = Grid("latitude", "longitude", LATITUDES, LONGITUDES)


def people(folder, step=1.0, *, seed=0, **attributes):
    """A population grid of the whole sphere."""
    latitudes, longitudes = np.arange(90 - step / 2, -90, -step), np.arange(-180 + step / 2, 180, step)
    counts = np.random.default_rng(seed).integers(0, 100, (len(latitudes), len(longitudes))).astype(float)
    field = plane(counts, latitudes, longitudes, **attributes)
    return field, written(field, folder, "people.nc")


def test_a_finer_population_is_gathered_into_the_cells_that_hold_it(tmp_path):
    field, path = people(tmp_path)

    found = population_on(GRID, path, [])

    for row, latitude in enumerate(LATITUDES):
        for column, longitude in enumerate(LONGITUDES):
            expected = sum(
                field.values[i, j]
                for i, y in enumerate(field["latitude"].values)
                for j, x in enumerate(field["longitude"].values)
                if abs(y - latitude) < 5 and abs((x - longitude + 180) % 360 - 180) < 5
            )
            assert found[row, column] == pytest.approx(expected, rel=1e-9)


def test_blocks_of_rows_are_the_whole(tmp_path, monkeypatch):
    _, path = people(tmp_path)
    whole = population_on(GRID, path, [])
    monkeypatch.setattr(weights, "BLOCK_CELLS", 1000)

    np.testing.assert_allclose(population_on(GRID, path, []), whole, rtol=1e-12)


def test_a_coarser_population_is_spread_by_area(tmp_path):
    path = written(
        plane(np.array([[80.0]]), [45.0], [5.0]).reindex(latitude=[45.0, -5.0], longitude=[5.0, 55.0], fill_value=0),
        tmp_path,
    )
    fine = Grid("lat", "lon", np.arange(70.0, -31, -1), np.arange(-20.0, 80, 1))

    found = population_on(fine, path, [])

    area = fine.cell_area()
    inside = (fine.latitude > 20.5)[:, None] & (fine.longitude < 29.5)
    inside &= (fine.latitude < 69.5)[:, None] & (fine.longitude > -19.5)
    assert found.sum() == pytest.approx(80, rel=1e-9)
    np.testing.assert_allclose(found[inside] / area[inside], (found / area)[30, 30], rtol=1e-6)


def test_a_density_counts_by_area_and_is_reported(tmp_path):
    field, path = people(tmp_path, 10.0, units="persons km-2")
    report = []
    whole = Grid("lat", "lon", field["latitude"].values, field["longitude"].values)

    found = population_on(whole, path, report)

    np.testing.assert_allclose(found, field.values * whole.cell_area(), rtol=1e-9)
    assert "is a density" in report[0]


def test_missing_cells_hold_nobody_and_people_outside_are_reported(tmp_path):
    counts = np.array([[np.nan, 30.0], [50.0, 20.0]])
    report = []

    found = population_on(GRID, written(plane(counts, [60.0, -60.0], [0.0, 10.0]), tmp_path), report)

    assert found.sum() == pytest.approx(30, rel=0.7)
    assert np.isfinite(found).all()
    assert "of the people live outside" in report[0]


def test_negative_people_are_refused(tmp_path):
    path = written(plane(np.array([[-9999.0, 30.0], [50.0, 20.0]]), [60.0, 50.0], [0.0, 10.0]), tmp_path, "p.nc")

    with pytest.raises(ClimateDataError, match=r"'p\.nc' holds -9999 people: mark missing cells"):
        population_on(GRID, path, [])


def test_boxes_hold_the_cells_whose_centre_they_hold(tmp_path):
    found = region_weights(
        GRID, {"west": (-15, 35, 5, 55), "strip": (0, 45, 30, 55), "globe": (-180, -90, 180, 90)}, None, []
    )

    cells = {
        name: {
            (int(LATITUDES[r]), int(LONGITUDES[c]))
            for r, c in zip(found.row[found.region == i], found.column[found.region == i], strict=True)
        }
        for i, name in enumerate(found.names)
    }
    assert cells["west"] == {(50, 350), (50, 0), (40, 350), (40, 0)}
    assert cells["strip"] == {(50, 0), (50, 10), (50, 20), (50, 30)}
    assert len(cells["globe"]) == 20


def test_a_mask_names_its_regions_and_may_have_another_grid(tmp_path):
    latitudes, longitudes = np.arange(20.5, 70), np.arange(-20.5, 41)
    codes = np.where(latitudes[:, None] > 45, 1, 2) * (longitudes > -5)
    mask = plane(
        codes.astype(np.int32), latitudes, longitudes, "country", flag_values=[1, 2], flag_meanings="North South_Land"
    )

    found = region_weights(GRID, written(mask, tmp_path), None, [])

    assert found.names == ["North", "South Land"]
    for index, expected in enumerate(({60, 50}, {40, 30})):
        assert set(LATITUDES[found.row[found.region == index]]) == expected
        assert set(LONGITUDES[found.column[found.region == index]]) == {0, 10, 20, 30}


def test_a_mask_without_names_is_refused(tmp_path):
    mask = plane(
        np.ones((2, 2), dtype=np.int32), [60.0, 50.0], [0.0, 10.0], "country", flag_values=[1, 2], flag_meanings="one"
    )

    with pytest.raises(
        ClimateDataError, match="names no regions: give it the attributes flag_values and flag_meanings"
    ):
        region_weights(GRID, written(mask, tmp_path), None, [])


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((100, -50, 120, -40), "region 'x' holds no cell"),
        ((0, 50, 10, 40), "region 'x' is"),
        ((0, 50, 10), "region 'x' is"),
    ],
)
def test_boxes_that_hold_nothing_are_refused(box, message):
    with pytest.raises(ClimateDataError, match=message):
        region_weights(GRID, {"x": box}, None, [])


def test_a_region_where_nobody_lives_is_refused(tmp_path):
    counts = np.zeros((2, 2))
    counts[0, 0] = 10
    path = written(plane(counts, [60.0, 50.0], [0.0, 10.0]), tmp_path)

    with pytest.raises(ClimateDataError, match="region 'east' holds no people"):
        region_weights(GRID, {"west": (-5, 55, 5, 65), "east": (15, 25, 35, 45)}, path, [])
