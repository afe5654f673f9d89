"""Tables of clips as CSV files."""

from pathlib import Path

import pandas as pd

from nbutils.video.export.clips_to_write import numbered
from nbutils.video.media.whole_files import write_whole


def write_csv(clips: pd.DataFrame, path: str | Path) -> None:
    """Writes the clips of one video with all their columns, `number` in front, in UTF-8.

    Numbers are written in full, so that pandas reads back what was written.

    Raises:
        VideoError: there is no clip, one is malformed, or the file cannot be written.
    """
    write_whole(Path(path), numbered(clips).to_csv(index=False, lineterminator="\n").encode())
