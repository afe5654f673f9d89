import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.video.encoders.picture_statistics import PictureStatistics

COLUMNS = {
    "luma": slice(0, 16),
    "blue": slice(16, 32),
    "red": slice(32, 48),
    "contrast": slice(48, 64),
    "edges": slice(64, 96),
    "hues": slice(96, 108),
    "motion": slice(108, 124),
    "spread": 124,
    "saturation": 125,
    "sharpness": 126,
    "histogram": 127,
}


def encode(picture, before=None):
    pair = np.stack([picture if before is None else before, picture])
    row = PictureStatistics().encode(pair[None])[0]
    return {name: row[columns] for name, columns in COLUMNS.items()}


def noise(seed, height=72, width=128):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def plain(color, height=72, width=128):
    return np.broadcast_to(np.array(color, np.uint8), (height, width, 3))


def test_a_plain_picture():
    row = encode(plain((255, 0, 0)))

    np.testing.assert_allclose(row["luma"], 0.299, atol=1e-6)
    np.testing.assert_allclose(row["red"], 1, atol=1e-6)
    np.testing.assert_allclose(row["blue"], 0.5 - 0.299 / 1.772, atol=1e-6)
    np.testing.assert_allclose(row["hues"], [1, *[0] * 11], atol=1e-6)
    assert row["saturation"] == 1
    for name in ("contrast", "edges", "motion", "spread", "sharpness", "histogram"):
        np.testing.assert_allclose(row[name], 0, atol=1e-3)


def test_gray_has_no_hue():
    row = encode(plain((90, 90, 90)))

    np.testing.assert_allclose(row["hues"], 0)
    np.testing.assert_allclose([row["blue"], row["red"]], 0.5, atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(72, 128), (128, 72), (73, 101)])
def test_cells_against_loops(height, width):
    picture, before = noise(0, height, width), noise(1, height, width)
    luma, luma_before = (image @ [0.299, 0.587, 0.114] / 255 for image in (picture, before))

    row = encode(picture, before)

    for cell in range(16):
        top, bottom = (height * (cell // 4 + step) // 4 for step in (0, 1))
        left, right = (width * (cell % 4 + step) // 4 for step in (0, 1))
        inside = np.s_[top:bottom, left:right]
        assert row["luma"][cell] == pytest.approx(luma[inside].mean(), abs=1e-5)
        assert row["contrast"][cell] == pytest.approx(luma[inside].std(), abs=1e-4)
        assert row["motion"][cell] == pytest.approx(np.abs(luma - luma_before)[inside].mean(), abs=1e-5)


@pytest.mark.parametrize(("angle", "orientation"), [(0, 0), (45, 2), (90, 4), (135, 6)])
def test_edges_fall_into_the_bin_of_their_orientation(angle, orientation):
    down, right = np.mgrid[:72, :128]
    along = right * np.cos(np.radians(angle + 10)) + down * np.sin(np.radians(angle + 10))
    waves = (127 + 120 * np.sin(along / 4)).astype(np.uint8)

    edges = encode(np.repeat(waves[..., None], 3, axis=2))["edges"].reshape(8, 4).sum(axis=1)

    assert edges.argmax() == orientation
    assert edges[orientation] > 0.6 * edges.sum()


def test_a_cut_changes_the_histogram_and_a_shift_does_not():
    picture = noise(0)

    assert encode(np.roll(picture, 9, axis=1), picture)["histogram"] == 0
    assert encode(plain((255, 255, 255)), plain((0, 0, 0)))["histogram"] == 1


@given(seed=st.integers(0, 2**32 - 1), height=st.integers(4, 40), width=st.integers(4, 40))
@settings(max_examples=30)
def test_every_column_is_between_zero_and_one(seed, height, width):
    extremes = np.where(noise(seed, height, width) > 127, 255, 0).astype(np.uint8)
    rows = PictureStatistics().encode(np.stack([np.stack([extremes, noise(seed + 1, height, width)])] * 2))

    assert rows.shape == (2, PictureStatistics.width)
    assert rows.dtype == np.float32
    assert rows.min() >= -1e-6
    assert rows.max() <= 1 + 1e-6
    np.testing.assert_array_equal(rows[0], rows[1])


def test_mirrored_pictures_have_mirrored_cells():
    picture, before = noise(0), noise(1)

    row, mirrored = encode(picture, before), encode(picture[:, ::-1], before[:, ::-1])

    for name in ("luma", "red", "contrast", "motion"):
        np.testing.assert_allclose(mirrored[name].reshape(4, 4), row[name].reshape(4, 4)[:, ::-1], atol=1e-4)
