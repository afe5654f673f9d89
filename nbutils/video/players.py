"""Players of the clips in a page."""

import pandas as pd

from nbutils.progress import progress
from nbutils.video.clip_files import nothing_to_write
from nbutils.video.export import player, preview
from nbutils.video.given import ShownVideo

# A notebook stays small: the whole clips are files.
MOST_PLAYERS = 6
LONGEST = 10.0


def clip_players(shown: ShownVideo, clips: pd.DataFrame) -> dict[str, str]:
    """A small player for the beginning of each of the best clips, or a sentence where there is none.

    Args:
        shown: the video.
        clips: of `chosen`.

    Returns:
        What IPython displays, by its type: HTML with the players, and text where they cannot be shown.

    Raises:
        VideoError: the video cannot be read.
    """
    missing = nothing_to_write(shown, clips)
    if missing:
        return {"text/html": f"<p>No player: {missing}.</p>", "text/plain": f"No player: {missing}."}
    best = list(clips.head(MOST_PLAYERS).itertuples())
    html = player([_titled(shown, clip) for clip in progress(best, "previews")])
    return {"text/html": html, "text/plain": f"Players of the best {len(best)} clips: open the notebook to see them."}


def _titled(shown: ShownVideo, clip: tuple) -> tuple[str, bytes]:
    title = f"{shown.data}: clip {clip.rank}, {clip.start:.1f}-{clip.end:.1f} s, score {clip.score:.2f}"
    stop = min(clip.end, clip.start + LONGEST)
    part = f" (its first {LONGEST:g} s)" if stop < clip.end else ""
    return title + part, preview(shown.file, clip.start, stop)
