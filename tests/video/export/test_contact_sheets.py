import numpy as np
import pytest
from PIL import Image

from nbutils.video.errors import VideoError
from nbutils.video.export import contact_sheet, write_png
from nbutils.video.export.contact_sheets import LETTERS, MARGIN
from tests.video.export.made_videos import number_in


def pictures_of(sheet, row, columns, side):
    top = MARGIN + row * (LETTERS + 6 + side + MARGIN) + LETTERS + 6
    pixels = np.asarray(sheet)
    lefts = [MARGIN + column * (side + MARGIN) for column in range(columns)]
    return [pixels[top : top + side, left : left + side] for left in lefts]


def test_each_row_shows_the_frames_of_its_clip(clips_at, film):
    sheet = contact_sheet(film, clips_at((2, 5), (6.01, 8), (7, 12)), columns=3, shorter_side=48)
    shown = [[number_in(picture) for picture in pictures_of(sheet, row, 3, 48)] for row in range(3)]
    # The frame on screen at a time came at or before it; behind the end the last one stays.
    assert shown == [[50, 75, 100], [150, 166, 183], [175, 199, 199]]


def test_labels_are_written_above(clips_at, film):
    first = np.asarray(contact_sheet(film, clips_at((2, 5)), columns=4))
    second = np.asarray(contact_sheet(film, clips_at((2, 5)).assign(score=0.1), columns=4))
    label = slice(MARGIN, MARGIN + LETTERS + 4)
    assert (first[label] < 128).any()
    assert (first[label] != second[label]).any()
    np.testing.assert_array_equal(first[label.stop + 2 :], second[label.stop + 2 :])


def test_the_same_sheet_is_read_back(tmp_path, clips_at, film):
    sheet = contact_sheet(film, clips_at((2, 5)).drop(columns="score"))
    write_png(sheet, tmp_path / "sheet.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "sheet.png")), np.asarray(sheet))


def test_no_columns_are_refused(clips_at, film):
    with pytest.raises(VideoError, match="0 columns shows nothing"):
        contact_sheet(film, clips_at((2, 5)), columns=0)


@pytest.mark.parametrize("side", [-3, 0, 100_000])
def test_frames_of_no_size_are_refused(film, clips_at, side):
    with pytest.raises(VideoError, match=f"no frames of {side} pixels: choose 16 to 4320"):
        contact_sheet(film, clips_at((1, 2)), shorter_side=side)
