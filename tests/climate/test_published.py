import pytest

from nbutils.climate.published import PUBLISHED_RANGE, PUBLISHED_TC, published


@pytest.mark.parametrize(
    ("name", "tc"),
    [("United States", 14.9), ("usa", 14.9), ("JPN", 18.4), ("World", 16.5), ("global", 16.5), ("France", None)],
)
def test_countries_are_known_by_all_their_names(name, tc):
    assert published(PUBLISHED_TC, name) == tc


@pytest.mark.parametrize("name", ["simulated US", "ROW", "Victoria"])
def test_other_regions_have_no_figure(name):
    assert published(PUBLISHED_TC, name) is None
    assert published(PUBLISHED_RANGE, name) is None
