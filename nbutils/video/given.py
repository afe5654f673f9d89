"""What `clip_scoring` looks at: the reader's video, annotations and features, or the generated films."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nbutils.models.placement import choose_device
from nbutils.video import embedded
from nbutils.video.annotations import Annotations, pool, read_annotations
from nbutils.video.encoders import Encoders, choose_encoders
from nbutils.video.errors import VideoError
from nbutils.video.features import Features, features_of, read_features
from nbutils.video.model import ClipScorer, load_checkpoint
from nbutils.video.model.inputs import check_widths
from nbutils.video.parameters import encoder_names, files_in

SIMULATION = "Simulation"
NO_CLIPS = pd.DataFrame({"start": pd.Series(dtype=float), "end": pd.Series(dtype=float)})


class ShownVideo(NamedTuple):
    """The video whose clips are looked at one by one.

    Attributes:
        data: what titles and claims call it; "Simulation" for the generated film.
        features: of it.
        file: the video itself; None where only its features are given.
        truth: `start`, `end` (s of the video) of its annotated or planted clips; may be empty.
        annotated: whether it was annotated, so that no row of `truth` means no clip.
    """

    data: str
    features: Features
    file: Path | None
    truth: pd.DataFrame
    annotated: bool


class WindowSet(NamedTuple):
    """Annotated windows that metrics are measured on.

    Attributes:
        data: what titles and claims call them; "Simulation" for the generated films.
        annotations: their windows and clips.
        read: gives the features of a video by its id; None where no features are given.
    """

    data: str
    annotations: Annotations
    read: Callable[[str], Features] | None


class VideoData(NamedTuple):
    """All that the notebook looks at.

    Attributes:
        scorer: in evaluation mode.
        shown: the video whose clips are shown.
        windows: what metrics are measured on; None where nothing is annotated.
        splits: annotations by the name of their file.
        ablations: of `embedded.ablations`; empty where scorer or windows are the reader's.
    """

    scorer: ClipScorer
    shown: ShownVideo
    windows: WindowSet | None
    splits: dict[str, Annotations]
    ablations: pd.DataFrame


def video_data(
    *,
    video: str = "",
    captions: str = "",
    annotations: str = "",
    features: str = "",
    scorer: str = "",
    encoders: str = "",
    device: str = "auto",
) -> VideoData:
    """What the parameters give, and the generated films for what they leave open.

    A video is shown; without one, the first annotated video of `features`; without these, the generated film. Metrics
    are measured on the windows of `annotations`; without them, on the held-out films, or on nothing where a video is
    given.

    Args:
        video: a video file; it belongs to the annotations of its name, with or without brackets ("a title [id].mp4").
        captions: SRT or WebVTT file of it.
        annotations: JSON files of Repurpose-10K's form, with commas.
        features: folder of Repurpose-10K's layout with the features of the annotated videos.
        scorer: folder of a checkpoint; "" for the one that comes along.
        encoders: of the video, see `encoder_names`; those of the scorer's training.
        device: of the scorer and of pretrained encoders: auto, cpu, mps, cuda or cuda:1.

    Raises:
        VideoError: a file cannot be used, or features do not fit the scorer.
        ModelError: there is no such device or pretrained encoder.
    """
    where = choose_device(device)
    model = load_checkpoint(Path(scorer).expanduser(), where) if scorer else embedded.scorer().to(where)
    splits = _splits(annotations)
    pooled = pool(splits) if splits else None
    shown = _shown_video(video, captions, features, pooled, choose_encoders(**encoder_names(encoders), device=where))
    _check_scorer(model, shown)
    is_simulated = not (video or splits)
    if is_simulated:
        heldout = embedded.heldout()
        windows = WindowSet(SIMULATION, heldout.annotations, heldout.features.__getitem__)
    else:
        windows = _given_windows(shown, features, splits, pooled)
    ablations = embedded.ablations() if is_simulated and not scorer else pd.DataFrame()
    return VideoData(model, shown, windows, splits or ({SIMULATION: windows.annotations} if windows else {}), ablations)


def measured_on(given: VideoData) -> str:
    """What titles and claims call that which metrics are measured on; the shown video where nothing is annotated."""
    return given.windows.data if given.windows else given.shown.data


def _check_scorer(model: ClipScorer, shown: ShownVideo) -> None:
    try:
        check_widths(shown.features, model.config)
    except VideoError as error:
        if shown.data == SIMULATION:
            raise VideoError(
                "the scorer does not take features of the generated film, which is shown where nothing else is given: "
                "give features, or a video with encoders"
            ) from error
        raise


def _splits(annotations: str) -> dict[str, Annotations]:
    splits = {}
    for file in files_in(annotations):
        if file.stem in splits:
            raise VideoError(f"two files of annotations are called {file.stem!r}: rename one, or give it once")
        splits[file.stem] = read_annotations(file)
    return splits


def _shown_video(
    video: str, captions: str, features: str, annotations: Annotations | None, encoders: Encoders
) -> ShownVideo:
    if video:
        file = Path(video).expanduser()
        said = Path(captions).expanduser() if captions else None
        made = features_of(file, said, encoders=encoders, video_id=_video_id(file))
        truth = None if annotations is None else _clips_of(annotations, made.video_id)
        return ShownVideo(file.name, made, file, NO_CLIPS if truth is None else truth, truth is not None)
    if features:
        video_id = annotations.windows["video_id"].iloc[0]
        return ShownVideo(
            video_id, read_features(Path(features), video_id), None, _clips_of(annotations, video_id), True
        )
    film = embedded.film()
    truth = _clips_of(read_annotations(film.annotations), film.annotations.stem)
    return ShownVideo(
        SIMULATION, features_of(film.video, film.captions, encoders=encoders, video_id="film"), film.video, truth, True
    )


def _given_windows(
    shown: ShownVideo, features: str, splits: dict[str, Annotations], pooled: Annotations | None
) -> WindowSet | None:
    if pooled is None:
        return None
    if features:
        folder = Path(features).expanduser()
        return WindowSet(" and ".join(splits), pooled, lambda video_id: read_features(folder, video_id))
    if shown.file is None or shown.data == SIMULATION:
        return WindowSet(" and ".join(splits), pooled, None)
    video_id = shown.features.video_id
    return WindowSet(shown.data, _only(pooled, video_id), {video_id: shown.features}.__getitem__)


def _video_id(file: Path) -> str:
    """The name of a file, or what stands in brackets at its end, where downloads have the id of the video."""
    bracketed = re.search(r"\[([^\[\]]+)\]$", file.stem)
    return bracketed[1] if bracketed else file.stem


def _only(annotations: Annotations, video_id: str) -> Annotations:
    windows, clips = (table[table["video_id"] == video_id] for table in (annotations.windows, annotations.clips))
    if windows.empty:
        known = ", ".join(map(repr, annotations.windows["video_id"].unique()[:3]))
        raise VideoError(
            f"the annotations have no window of the video {video_id!r} (they begin with {known}): name the file after "
            "its youtube_id, or leave the annotations out"
        )
    return Annotations(windows.reset_index(drop=True), clips.reset_index(drop=True))


def _clips_of(annotations: Annotations, video_id: str) -> pd.DataFrame:
    """Start and end of a video's annotated clips, s of the video; of windows that overlap each clip once."""
    clips = _only(annotations, video_id).clips
    times = pd.DataFrame({name: clips[name] + clips["window_start"] for name in ("start", "end")})
    return times.drop_duplicates().sort_values("start", ignore_index=True)
