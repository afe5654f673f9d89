import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.grid import Grid, column_shares, grid_of, row_shares
from tests.climate.io.made import plane


def grid(latitudes, longitudes):
    return Grid("lat", "lon", np.asarray(latitudes, dtype=float), np.asarray(longitudes, dtype=float))


def regular(step, *, south=-90, north=90, west=0, east=360):
    return grid(np.arange(south + step / 2, north, step), np.arange(west + step / 2, east, step))


def test_areas_are_proportional_to_the_cosine_of_the_latitude_and_fill_the_sphere():
    area = regular(10).cell_area()

    np.testing.assert_allclose(
        area / area[0, 0], np.cos(np.radians(np.arange(-85, 90, 10)))[:, None] / np.cos(np.radians(85)) * np.ones(36)
    )
    assert area.sum() == pytest.approx(2 * 360)


def test_poles_and_a_doubled_meridian_count_once():
    doubled = grid(np.arange(90, -91, -10), np.arange(0, 361, 10)).cell_area()
    once = grid(np.arange(90, -91, -10), np.arange(0, 360, 10)).cell_area()

    assert doubled.sum() == pytest.approx(once.sum()) == pytest.approx(720)
    np.testing.assert_allclose(doubled[:, 0] + doubled[:, -1], once[:, 0])


@given(st.permutations(range(8)), st.permutations(range(12)), st.sampled_from([-180, 0, -360]))
def test_the_order_of_the_axes_and_the_first_meridian_do_not_matter(rows, columns, west):
    plain = regular(30, south=-60, north=60, west=0)
    latitude = np.resize(plain.latitude, 4)[np.argsort(np.array(rows)[:4])]
    longitude = (plain.longitude[list(columns)] - west) % 360 + west
    other = grid(latitude, longitude)

    points = np.array([-59.0, -1, 1, 44])
    meridians = np.array([-179.0, -1, 1, 100, 359])

    np.testing.assert_array_equal(other.latitude[other.row_of(points)], plain.latitude[plain.row_of(points)])
    np.testing.assert_array_equal(
        other.longitude[other.column_of(meridians)] % 360, plain.longitude[plain.column_of(meridians)] % 360
    )
    assert other.cell_area().sum() == pytest.approx(plain.cell_area().sum())


def test_points_outside_a_regional_grid_lie_in_no_cell():
    europe = grid([60, 50, 40], [350, 0, 10, 20])

    assert europe.row_of(np.array([66.0, 64, 36, 34])).tolist() == [-1, 0, 2, -1]
    assert europe.column_of(np.array([-16.0, -14, 24, 26, 180])).tolist() == [-1, 0, 3, -1, -1]


@given(st.sampled_from([1, 2.5, 3, 7.5, 20]), st.sampled_from([1, 2, 5, 12, 30]), st.sampled_from([-180, 0]))
def test_shares_of_a_cell_sum_to_one_whichever_grid_is_finer(theirs, ours, west):
    source, target = regular(theirs), regular(ours, west=west, east=west + 360)

    np.testing.assert_allclose(row_shares(source, target).sum(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(column_shares(source, target).sum(axis=1), 1, rtol=1e-9)


def test_shares_are_those_of_the_area():
    source, target = grid([15], [15]), regular(10)
    target_rows = row_shares(grid([10, 30], [0]), target).toarray()
    columns = column_shares(grid([0], [4, 19]), target).toarray()

    # A cell from 0 to 20 degrees north, cut at 10.
    halves = np.diff(np.sin(np.radians([0, 10, 20]))) / np.sin(np.radians(20))
    np.testing.assert_allclose(target_rows[0, 9:11], halves)
    # Cells of 15 degrees from -3.5 and 11.5 east.
    np.testing.assert_allclose(columns[0, [35, 0, 1]], [3.5 / 15, 10 / 15, 1.5 / 15])
    np.testing.assert_allclose(columns[1, [1, 2]], [8.5 / 15, 6.5 / 15])
    assert row_shares(source, target).toarray()[0, 10] == pytest.approx(1)


@pytest.mark.parametrize(
    ("latitudes", "longitudes"), [([1000.0, 2000.0], [0.0, 10.0]), ([0.0, 10.0], [0.0, 5000.0]), ([np.nan, 1], [0, 1])]
)
def test_axes_that_are_no_degrees_are_refused(latitudes, longitudes):
    with pytest.raises(ClimateDataError, match="f has latitudes beyond 90 or longitudes beyond 360"):
        grid_of(plane(np.zeros((2, 2)), latitudes, longitudes), "f")
