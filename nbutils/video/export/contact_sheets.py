"""One picture that shows all clips."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from nbutils.video.errors import VideoError
from nbutils.video.export.clips_to_write import numbered, spans
from nbutils.video.export.stills import stills
from nbutils.video.media.whole_files import write_whole

SIDES = 16, 4320
MARGIN = 8
LETTERS = 16
BACKGROUND, INK, FAINT = "#FFFFFF", "#222222", "#555555"


def contact_sheet(video: str | Path, clips: pd.DataFrame, *, columns: int = 6, shorter_side: int = 108) -> Image.Image:
    """A row for each clip: its number, times, length and score above frames from its start to its end.

    Args:
        video: path of the video.
        clips: `video_id`, `start`, `end` (s after the first picture), `score` and `rank` if there are; of one video.
        columns: frames of each clip, at even distances, the first at the clip's start.
        shorter_side: of each frame, 16 to 4320 pixels.

    Returns:
        RGB image.

    Raises:
        VideoError: there is no clip or column, the pictures would be too small or large, or the video cannot be read.
    """
    if columns < 1:
        raise VideoError(f"a contact sheet with {columns} columns shows nothing: choose 1 or more.")
    if not SIDES[0] <= shorter_side <= SIDES[1]:
        raise VideoError(f"a contact sheet has no frames of {shorter_side} pixels: choose {SIDES[0]} to {SIDES[1]}.")
    table = numbered(clips)
    rows = [stills(video, _times(start, end, columns), shorter_side) for _, _, start, end in spans(table)]
    height, width = rows[0][0].shape[:2]
    line = LETTERS + 6 + height + MARGIN
    sheet = Image.new("RGB", (MARGIN + columns * (width + MARGIN), MARGIN + len(rows) * line), BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    for row, (pictures, label) in enumerate(zip(rows, _labels(table), strict=True)):
        top = MARGIN + row * line
        draw.text((MARGIN, top), label, fill=INK, font=font)
        for column, picture in enumerate(pictures):
            place = MARGIN + column * (width + MARGIN), top + LETTERS + 6
            sheet.paste(Image.fromarray(picture), place)
    return sheet


def write_png(sheet: Image.Image, path: str | Path) -> None:
    """Writes an image as a PNG file.

    Raises:
        VideoError: the file cannot be written.
    """
    content = BytesIO()
    sheet.save(content, "PNG")
    write_whole(Path(path), content.getvalue())


def _times(start: float, end: float, columns: int) -> list[float]:
    return np.linspace(start, end, columns, endpoint=False).tolist()


def _labels(table: pd.DataFrame) -> list[str]:
    labels = [
        f"{number}   {_clock(start)} - {_clock(end)}   {end - start:.1f} s" for _, number, start, end in spans(table)
    ]
    if "score" not in table:
        return labels
    return [f"{label}   score {score:.2f}" for label, score in zip(labels, table["score"], strict=True)]


def _clock(time: float) -> str:
    """Such as 1:02:03.4, without hours where there are none."""
    minutes, tenths = divmod(round(time * 10), 600)
    hours, minutes = divmod(minutes, 60)
    clock = f"{minutes:02d}:{tenths / 10:04.1f}"
    return f"{hours}:{clock}" if hours else clock
