"""The contact sheet as a figure."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite.figures import PNG_DPI
from nbutils.suite.unmeasured_figure import drawn_if_measured
from nbutils.video.export import contact_sheet
from nbutils.video.figures.look import titled
from nbutils.video.given import ShownVideo

TITLE = 0.35  # inches
MOST_CLIPS = 12
COLUMNS = 4
SHORTER_SIDE = 90


def sheet(clips: pd.DataFrame, shown: ShownVideo) -> Figure:
    """Frames of each of the best clips, at the size of their pixels; "not measured" without a video file.

    Args:
        clips: of `chosen`.
        shown: their video.
    """
    return _sheet(clips if shown.file else clips.head(0), shown)


@drawn_if_measured
def _sheet(clips: pd.DataFrame, shown: ShownVideo) -> Figure:
    picture = np.asarray(contact_sheet(shown.file, clips.head(MOST_CLIPS), columns=COLUMNS, shorter_side=SHORTER_SIDE))
    height, width = picture.shape[0] / PNG_DPI, picture.shape[1] / PNG_DPI
    figure = Figure(figsize=(width, height + TITLE))
    figure.set_layout_engine("none")
    panel = figure.add_axes((0, 0, 1, height / (height + TITLE)))
    panel.imshow(picture, aspect="auto")
    panel.set_axis_off()
    cut = f" (the best {MOST_CLIPS} of {len(clips)})" if len(clips) > MOST_CLIPS else ""
    figure.suptitle(titled(f"the clips from start to end{cut}", shown.data), y=1 - 0.3 * TITLE / (height + TITLE))
    return figure
