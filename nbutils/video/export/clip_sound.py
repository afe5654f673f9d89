"""The sound of a clip as a stream of AAC, in step with its pictures."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from av import AudioResampler
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

# Sampling rates of AAC, Hz.
RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
OTHER_RATE = 48000
FORMAT = "fltp"
FRAME = 1024


class SoundForm(NamedTuple):
    """Sampling rate in Hz (one of AAC's), "mono" or "stereo", and bits a second, None for as many as are usual."""

    rate: int
    layout: str
    bit_rate: int | None = None


def form_of(audio: AudioStream) -> SoundForm:
    """The form nearest to that of a source."""
    rate = audio.rate if audio.rate in RATES else OTHER_RATE
    return SoundForm(rate, "mono" if audio.layout.nb_channels == 1 else "stereo")


class ClipSound:
    """Takes the frames of the sound in order, and writes the samples from `begin` until before `end`.

    Samples go where their times say: silence fills gaps, and what comes twice is left out.

    Args:
        output: the file.
        audio: the stream of the source.
        begin: of the clip, exact s of the file's clock.
        end: likewise.
        form: of the sound in the clip.
    """

    def __init__(self, output: OutputContainer, audio: AudioStream, begin: Fraction, end: Fraction, form: SoundForm):
        rate, layout, bit_rate = form
        self._stream = output.add_stream("aac", rate=rate, layout=layout)
        if bit_rate is not None:
            self._stream.bit_rate = bit_rate
        self._resampler = AudioResampler(FORMAT, layout, rate)
        self._rate, self._layout, self._begin = rate, layout, begin
        self._total = round((end - begin) * rate)
        self._written = 0
        self._waiting = np.zeros((1 if layout == "mono" else 2, 0), np.float32)
        # Place of the next resampled sample in the clip, None before the first.
        self._next: int | None = None

    def add(self, frame: AudioFrame) -> list[Packet]:
        """Packets that are done with this frame."""
        place = self._next if frame.pts is None else round((frame.pts * frame.time_base - self._begin) * self._rate)
        # Rounded times drift by a sample; only a real gap moves what comes after it.
        if self._next is None or abs(place - self._next) > self._rate // 100:
            self._next = place
        return self._take(self._resampler.resample(frame))

    def finish(self) -> list[Packet]:
        """The packets that are left."""
        done = self._take(self._resampler.resample(None))
        done += self._encode(self._waiting[:, : self._waiting.shape[1]], last=True)
        return [*done, *self._stream.encode(None)]

    def _take(self, frames: list[AudioFrame]) -> list[Packet]:
        for frame in frames:
            samples = frame.to_ndarray()
            place, self._next = self._next, self._next + samples.shape[1]
            held = self._written + self._waiting.shape[1]
            samples = samples[:, max(0, held - place) : max(0, self._total - place)]
            if samples.shape[1]:
                silence = np.zeros((len(samples), max(0, place - held)), np.float32)
                self._waiting = np.concatenate([self._waiting, silence, samples], axis=1)
        return self._encode(self._waiting, last=False)

    def _encode(self, samples: np.ndarray, last: bool) -> list[Packet]:
        whole = samples.shape[1] if last else samples.shape[1] // FRAME * FRAME
        packets = []
        for start in range(0, whole, FRAME):
            part = np.ascontiguousarray(samples[:, start : min(start + FRAME, whole)])
            frame = AudioFrame.from_ndarray(part, format=FORMAT, layout=self._layout)
            frame.rate, frame.pts, frame.time_base = self._rate, self._written, Fraction(1, self._rate)
            self._written += part.shape[1]
            packets += self._stream.encode(frame)
        self._waiting = samples[:, whole:]
        return packets
