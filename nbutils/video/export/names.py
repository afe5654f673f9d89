"""File names from ids of videos, which may hold anything."""

import hashlib
import re

LONGEST = 80
# Names that Windows gives to devices, whatever comes after a dot.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}


def safe_name(video_id: str) -> str:
    """A file name that stays in its folder on every system, and differs for different ids.

    Letters of ASCII, digits, "-", "_" and "." stay. Where anything had to change, eight digits of the id's hash follow,
    so that "a/b" and "a_b" do not become one file.
    """
    kept = re.sub(r"[^A-Za-z0-9_.-]", "_", video_id).strip(".")[:LONGEST] or "video"
    if kept == video_id and kept.split(".")[0].lower() not in _DEVICES and not kept.startswith("-"):
        return kept
    digest = hashlib.sha256(video_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept.lstrip('-').replace('.', '_')}_{digest}"


def clip_file_name(video_id: str, number: int, start: float, end: float, suffix: str) -> str:
    """Such as `abc_03_0012.5-0048.0.mp4`: the video, the clip's number, its times in s to a tenth."""
    return f"{safe_name(video_id)}_{number:02d}_{start:06.1f}-{end:06.1f}{suffix}"
