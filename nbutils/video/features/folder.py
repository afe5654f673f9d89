"""Features in a folder, as Repurpose-10K has them: `{modality}/{video_id}.npy`, one row per second.

Beside them stands `{video_id}.json` with what the arrays cannot hold: duration, captions, encoders, notes, and what
they were made from. A folder without it, such as that of Repurpose-10K itself, can be read too.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nbutils.video.errors import VideoError
from nbutils.video.features.features import MODALITIES, Features
from nbutils.video.media.captions import caption_table
from nbutils.video.media.whole_files import write_whole


def read_features(folder: str | Path, video_id: str) -> Features:
    """Reads the features of one video.

    Without a manifest the duration is the number of rows, and arrays that differ by one row are cut to the shorter,
    which is noted.

    Raises:
        VideoError: no features of this video, files that are no arrays, whose lengths differ by more than a row (with
            their names), or that do not fit their manifest.
    """
    folder = Path(folder).expanduser()
    manifest = read_manifest(folder, video_id)
    if manifest is None:
        files = {name: array_file(folder, name, video_id) for name in MODALITIES}
        arrays = {name: _read_array(file) for name, file in files.items() if file.exists()}
        if not arrays:
            raise VideoError(f"folder {folder.name!r} has no features of video {video_id!r}: check folder and name")
        arrays, notes = _equally_long(arrays, video_id)
        duration = float(len(next(iter(arrays.values()))))
        return Features(video_id, *(arrays.get(name) for name in MODALITIES), duration, notes=notes)
    arrays = {name: _read_array(array_file(folder, name, video_id)) for name in manifest["encoders"]}
    captions = manifest["captions"]
    return Features(
        video_id,
        *(arrays.get(name) for name in MODALITIES),
        duration=manifest["duration"],
        captions=None if captions is None else caption_table(captions),
        encoders=manifest["encoders"],
        notes=tuple(manifest["notes"]),
    )


def write_features(features: Features, folder: str | Path, *, made_from: Mapping | None = None) -> None:
    """Writes the features of one video, over those that are there.

    The manifest is written last: where it is, the arrays are whole and belong together.

    Args:
        features: of one video.
        folder: made where it is not there.
        made_from: what the features depend on, kept in the manifest.

    Raises:
        VideoError: a name that is no file name, or a folder that cannot be written.
    """
    folder = Path(folder).expanduser()
    manifest_file = _manifest_file(folder, features.video_id)
    try:
        manifest_file.unlink(missing_ok=True)
        for name in MODALITIES:
            file = array_file(folder, name, features.video_id)
            if getattr(features, name) is None:
                file.unlink(missing_ok=True)
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                write_whole(file, _array_bytes(getattr(features, name)))
    except OSError as error:
        raise VideoError(f"cannot write to {str(folder)!r} ({error.strerror}): choose another folder") from error
    captions = features.captions
    manifest = {
        "video_id": features.video_id,
        "duration": features.duration,
        "rows": features.seconds,
        # A modality that is absent has no entry; the encoder of one that came from elsewhere has no name.
        "encoders": {
            name: features.encoders.get(name, "") for name in MODALITIES if getattr(features, name) is not None
        },
        "captions": None if captions is None else captions[["start", "end", "text"]].to_numpy().tolist(),
        "notes": list(features.notes),
        "made_from": dict(made_from or {}),
    }
    write_whole(manifest_file, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())


def read_manifest(folder: Path, video_id: str) -> dict | None:
    """The manifest of a video, None where there is none.

    Raises:
        VideoError: it is damaged.
    """
    file = _manifest_file(folder, video_id)
    if not file.exists():
        return None
    try:
        manifest = json.loads(file.read_text("utf-8"))
        return {
            "duration": float(manifest["duration"]),
            "encoders": {name: str(manifest["encoders"][name]) for name in MODALITIES if name in manifest["encoders"]},
            "captions": manifest["captions"]
            and [(float(a), float(b), str(text)) for a, b, text in manifest["captions"]],
            "notes": [str(note) for note in manifest["notes"]],
            "made_from": dict(manifest["made_from"]),
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VideoError(f"{str(file)!r} is damaged: delete it and make the features again") from error


def array_file(folder: Path, modality: str, video_id: str) -> Path:
    """Where the array of a modality is kept."""
    return folder / modality / f"{_checked(video_id)}.npy"


def _manifest_file(folder: Path, video_id: str) -> Path:
    return folder / f"{_checked(video_id)}.json"


def _checked(video_id: str) -> str:
    if not video_id or Path(video_id).name != video_id or "\\" in video_id:
        raise VideoError(f"video id {video_id!r} is no file name: give one without slashes")
    return video_id


def _array_bytes(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def _read_array(file: Path) -> np.ndarray:
    try:
        array = np.load(file, allow_pickle=False)
        return array.astype(np.float32)
    except (OSError, ValueError, EOFError, TypeError, AttributeError) as error:
        raise VideoError(f"{str(file)!r} is no array of numbers: make the features again") from error


def _equally_long(arrays: dict[str, np.ndarray], video_id: str) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    lengths = {name: len(array) for name, array in arrays.items()}
    shortest, longest = min(lengths.values()), max(lengths.values())
    told = ", ".join(f"{name}/{video_id}.npy has {length}" for name, length in lengths.items())
    if longest - shortest > 1:
        raise VideoError(f"feature files differ in length ({told} rows): make those of one of them again")
    notes = (f"the last row was left out where others have none ({told} rows)",) if longest > shortest else ()
    return {name: array[:shortest] for name, array in arrays.items()}, notes
