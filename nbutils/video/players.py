"""Players of the clips in a page."""

from html import escape

import pandas as pd

from nbutils.progress import progress
from nbutils.video.clip_files import nothing_to_write
from nbutils.video.errors import VideoError
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
        What IPython displays, by its type: HTML with the players and a sentence for each clip that has none, and text
        where they cannot be shown.
    """
    missing = nothing_to_write(shown, clips)
    if missing:
        return _paragraphs([f"No player: {missing}."])
    films, sentences = [], []
    for clip in progress(list(clips.head(MOST_PLAYERS).itertuples()), "previews"):
        try:
            films.append(_titled(shown, clip))
        except VideoError as error:
            sentences.append(f"No player of clip {clip.rank}: {error}")
    paragraphs = _paragraphs(sentences)
    if films:
        paragraphs["text/html"] = player(films) + paragraphs["text/html"]
        told = f"Players of the best {len(films)} clips: open the notebook to see them."
        paragraphs["text/plain"] = "\n".join([told, *sentences])
    return paragraphs


def _paragraphs(sentences: list[str]) -> dict[str, str]:
    html = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return {"text/html": html, "text/plain": "\n".join(sentences)}


def _titled(shown: ShownVideo, clip: tuple) -> tuple[str, bytes]:
    title = f"{shown.data}: clip {clip.rank}, {clip.start:.1f}-{clip.end:.1f} s, score {clip.score:.2f}"
    stop = min(clip.end, clip.start + LONGEST)
    part = f" (its first {LONGEST:g} s)" if stop < clip.end else ""
    return title + part, preview(shown.file, clip.start, stop)
