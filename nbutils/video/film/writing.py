"""Writes a generated film: video, captions, annotations and the planted scenes."""

from bisect import bisect_right
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd

from nbutils.video.annotations.reading import parse_annotations
from nbutils.video.annotations.tables import Annotations
from nbutils.video.film.pictures import HEIGHT, WIDTH, Painter
from nbutils.video.film.script import Script
from nbutils.video.film.sound import film_sound, loudness
from nbutils.video.media.captions import caption_table
from nbutils.video.media.items import SAMPLE_RATE

RATE = 10  # pictures a second
_SOUND_BITS = 10_000  # a second
# Packets of 60 ms: the table of packets is as much a part of the file as they are.
_OPUS = {"application": "audio", "frame_duration": "60"}


def write_film(script: Script, path: Path, *, quality: int = 30, preset: str = "veryfast") -> None:
    """Writes an MP4 file of H.264 and Opus that browsers play from its beginning, with a key frame every 2 s.

    Args:
        script: of the film.
        path: of the file.
        quality: constant rate factor of x264: more is smaller.
        preset: of x264, the slower the smaller.
    """
    samples = film_sound(script)
    count = round(script.duration * RATE)
    times = np.arange(count) / RATE
    mouths, shots = loudness(samples, times), [shot for scene in script.scenes for shot in scene.shots]
    starts, painter = [shot.start for shot in shots], Painter(script)
    options = {"crf": str(quality), "preset": preset, "g": str(2 * RATE), "keyint_min": "1", "threads": "1"}
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=RATE, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono", options=_OPUS)
        audio.bit_rate = _SOUND_BITS
        for number, (time, mouth) in enumerate(zip(times, mouths, strict=True)):
            # A picture on the edge of a shot is of the later one.
            shot = shots[bisect_right(starts, time + 1e-6) - 1]
            frame = av.VideoFrame.from_ndarray(painter.picture(shot, time, mouth), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
            if number % RATE == 0:
                container.mux(_encoded(audio, samples, number // RATE))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def captions_of(script: Script) -> pd.DataFrame:
    """One caption a sentence: start, end (s), text."""
    return caption_table(
        (round(line.caption_start, 3), round(line.end, 3), line.text) for scene in script.scenes for line in scene.lines
    )


def scenes_of(script: Script) -> pd.DataFrame:
    """One row a scene: video_id, start, end (s), visual, audio, text (bool, its cues), highlight (bool)."""
    rows = [(script.name, scene.start, scene.end, *scene.cues, scene.cues.highlight) for scene in script.scenes]
    return pd.DataFrame(rows, columns=["video_id", "start", "end", "visual", "audio", "text", "highlight"])


def annotations_of(scenes: pd.DataFrame) -> Annotations:
    """Each film as one window from its beginning to its end, and its highlights as the clips."""
    return parse_annotations([_entry(*film) for film in scenes.groupby("video_id", sort=False)], "the planted scenes")


def _entry(video_id: str, scenes: pd.DataFrame) -> dict[str, object]:
    highlights = scenes.loc[scenes["highlight"], ["start", "end"]]
    duration = float(scenes["end"].max())
    return {
        "youtube_id": video_id,
        "timeRange": [0.0, duration],
        "segments": highlights.to_numpy(float).tolist(),
        "coverage": float((highlights["end"] - highlights["start"]).sum() / duration),
    }


def _encoded(audio: av.AudioStream, samples: np.ndarray, second: int) -> list[av.Packet]:
    """Packets of one second of sound, less what the encoder holds back."""
    piece = samples[second * SAMPLE_RATE : (second + 1) * SAMPLE_RATE]
    frame = av.AudioFrame.from_ndarray(piece[None].copy(), format="flt", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, second * SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
    return audio.encode(frame)
