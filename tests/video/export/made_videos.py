"""Small videos whose every frame shows its number, with clicks in the sound at known times."""

from fractions import Fraction

import av
import numpy as np

SIDE = 64
BITS = 12
RATE = 48_000


def numbered_picture(number, width=SIDE, height=SIDE):
    """The bits of the number as black and white bars."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    columns = np.arange(width) * BITS // width
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:] = np.array(bits, np.uint8)[columns][None, :, None] * 200 + 28
    return picture


def number_in(picture):
    """The number that a picture shows, uint8 RGB."""
    height, width = picture.shape[:2]
    middles = [int((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return sum(int(picture[height // 2, column].mean() > 128) << bit for bit, column in enumerate(middles))


def write_video(
    path,
    frames,
    rate=Fraction(25),
    *,
    times=None,
    width=SIDE,
    height=SIDE,
    codec="libx264",
    key_frames=12,
    clicks=None,
    sound_rate=RATE,
    sound_from=0.0,
    picture_of=numbered_picture,
):
    """A video of numbered frames at a constant rate or at given times (s), with or without clicks (s) in its sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options={"g": str(key_frames)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if width % 2 or height % 2:
            stream.pix_fmt = "yuv444p"
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        audio = None if clicks is None else container.add_stream("aac", rate=sound_rate, layout="mono")
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture_of(number, width, height), format="rgb24")
            if times is None:
                frame.pts, frame.time_base = number, 1 / rate
            else:
                frame.pts, frame.time_base = round(times[number] * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio:
            end = float(frames / rate) if times is None else times[-1] + 0.1
            container.mux(_sound(audio, end, clicks, sound_rate, sound_from))
    return path


def _sound(stream, end, clicks, rate, begin):
    samples = np.zeros(round((end - begin) * rate), np.float32)
    for time in clicks:
        at = round((time - begin) * rate)
        samples[at : at + rate // 100] = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(rate // 100) / rate)
    packets = []
    for start in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024].copy(), format="fltp", layout="mono")
        frame.rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = start + round(begin * rate)
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def shown_frames(path):
    """Numbers of the frames and their times, s after the file's zero."""
    with av.open(str(path)) as container:
        frames = [(number_in(frame.to_ndarray(format="rgb24")), frame.time) for frame in container.decode(video=0)]
    return [number for number, _ in frames], [time for _, time in frames]


def heard_clicks(path):
    """Times at which a click begins, s after the file's zero."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts = [(frame.time, frame.to_ndarray()[0]) for frame in container.decode(stream)]
        rate = stream.rate
    begin = parts[0][0]
    loud = np.flatnonzero(np.abs(np.concatenate([samples for _, samples in parts])) > 0.25)
    first = [sample for i, sample in enumerate(loud) if i == 0 or sample - loud[i - 1] > rate / 20]
    return [begin + sample / rate for sample in first]
