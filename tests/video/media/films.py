"""Small films whose frames tell their own number, made on the spot."""

import struct
from fractions import Fraction

import av
import numpy as np

WIDTH, HEIGHT, BITS = 80, 48, 10
MILLISECOND = Fraction(1, 1000)
RATE = 48_000


def numbered(number, width=WIDTH, height=HEIGHT):
    """A picture [height, width, 3] of ten bars, white or black by the digits of `number` in base two."""
    bars = np.array([number >> bit & 1 for bit in range(BITS)], np.uint8) * 255
    row = bars[np.arange(width) * BITS // width]
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def number_of(picture):
    """The number that a picture shows, of whatever size."""
    height, width, _ = picture.shape
    middles = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    lit = picture[height // 2, middles].mean(axis=-1) > 127
    return int((lit << np.arange(BITS)).sum())


def write_film(path, times, *, pictures=None, codec="libx264", pixels="yuv420p", sound=(), aspect=1, **options):
    """Writes frames that appear at `times`, in milliseconds, and sound: (start in seconds, samples at 48 kHz) a piece.

    `options` are those of the codec, but for the `movflags` of the container.
    """
    pictures = [numbered(number) for number in range(len(times))] if pictures is None else pictures
    movflags = {"movflags": options.pop("movflags")} if "movflags" in options else {}
    with av.open(str(path), "w", options=movflags) as container:
        video = container.add_stream(codec, rate=25, options=options)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = pixels
        video.codec_context.time_base = MILLISECOND
        video.codec_context.sample_aspect_ratio = Fraction(aspect)
        audio = container.add_stream("pcm_s16le", rate=RATE, layout="mono") if sound else None
        packets = [packet for start, samples in sound for packet in _sound_packets(audio, start, samples)]
        for time, picture in zip(times, pictures, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = time, MILLISECOND
            packets += video.encode(frame)
        packets += video.encode(None)
        # Interleaved as players expect it; the encoder holds some back.
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)


def _sound_packets(audio, start, samples):
    """Packets of a tenth of a second."""
    for begin in range(0, len(samples), RATE // 10):
        piece = (samples[begin : begin + RATE // 10] * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, round(start * RATE) + begin, Fraction(1, RATE)
        yield from audio.encode(frame)


def tone(seconds, frequency=440.0, amplitude=0.5):
    """A sine at 48 kHz."""
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def turn(path, clockwise):
    """Writes into the header of an MP4 file that players are to turn its pictures, by quarters."""
    content = bytearray(path.read_bytes())
    # ISO 14496-12, 8.3.2: the matrix stands 40 bytes into the track header of version 0.
    matrix = content.index(b"tkhd") + 44
    a, b, c, d = {0: (1, 0, 0, 1), 1: (0, 1, -1, 0), 2: (-1, 0, 0, -1), 3: (0, -1, 1, 0)}[clockwise]
    for place, value in zip((0, 4, 12, 16), (a, b, c, d), strict=True):
        struct.pack_into(">i", content, matrix + place, value << 16)
    path.write_bytes(content)
