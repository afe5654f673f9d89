"""Sound as whole seconds of 16 kHz mono, in step with the pictures."""

from collections.abc import Iterator

import numpy as np
from av import AudioFrame, AudioResampler, Packet
from av.audio.stream import AudioStream
from av.error import FFmpegError

from nbutils.video.media.items import SAMPLE_RATE, Sound, check_gap

# The stated time of a frame and the end of the one before may differ by this much, seconds, before it is believed.
_TOLERANCE = 0.05


class SoundSeconds:
    """Takes the packets of a stream and gives its sound second by second.

    A sample stands where its time says: gaps in the stated times become silence, overlaps and what comes before time 0
    are cut, and a clock that drifts is followed.

    Attributes:
        broken: packets that could not be decoded.
    """

    def __init__(self, stream: AudioStream, zero: float):
        """Of `stream`, the time `zero`, in seconds, is to be time 0."""
        self.broken = 0
        self._stream = stream
        self._zero = zero
        self._resampler: AudioResampler | None = None
        self._source: tuple | None = None
        self._run_start = self._run_length = 0.0  # of the sound that went into this resampler, seconds
        self._to_cut = 0  # samples of what comes next
        self._second = 0
        self._held = np.zeros(0, np.float32)

    @property
    def length(self) -> int:
        """Samples so far."""
        return self._second * SAMPLE_RATE + len(self._held)

    def add(self, packet: Packet | None) -> Iterator[Sound]:
        """The seconds that are full now; None, at the end, gives what the decoder still holds."""
        try:
            frames = self._stream.decode(packet)
        except FFmpegError:
            self.broken += 1
            return
        for frame in frames:
            yield from self._add_frame(frame)

    def finish(self) -> Iterator[Sound]:
        """What is left, the last second filled up with silence."""
        yield from self.add(None)
        yield from self._end_run()
        if len(self._held):
            yield Sound(self._second, np.pad(self._held, (0, SAMPLE_RATE - len(self._held))))

    def _add_frame(self, frame: AudioFrame) -> Iterator[Sound]:
        source = frame.format.name, frame.layout.name, frame.sample_rate
        expected = self._run_start + self._run_length
        time = expected if frame.pts is None else float(frame.pts * self._stream.time_base) - self._zero
        if source != self._source or abs(time - expected) > _TOLERANCE:
            yield from self._end_run()
            yield from self._begin_run(time)
            self._source = source
        self._run_length += frame.samples / frame.sample_rate
        frame.pts = None
        for resampled in self._resampler.resample(frame):
            yield from self._append(resampled.to_ndarray()[0])

    def _begin_run(self, time: float) -> Iterator[Sound]:
        check_gap(self._stream, self.length / SAMPLE_RATE, time)
        # The mean of the channels, which cannot be louder than they are.
        mean = {"rematrix_maxval": "1.0"}
        self._resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE, options=mean)
        self._run_start, self._run_length = time, 0.0
        gap = round(time * SAMPLE_RATE) - self.length
        self._to_cut = max(-gap, 0)
        for begin in range(0, gap, SAMPLE_RATE):
            yield from self._append(np.zeros(min(SAMPLE_RATE, gap - begin), np.float32))

    def _end_run(self) -> Iterator[Sound]:
        if self._resampler is not None:
            for resampled in self._resampler.resample(None):
                yield from self._append(resampled.to_ndarray()[0])

    def _append(self, samples: np.ndarray) -> Iterator[Sound]:
        kept = samples[self._to_cut :]
        self._to_cut -= len(samples) - len(kept)
        self._held = np.concatenate([self._held, kept])
        while len(self._held) >= SAMPLE_RATE:
            yield Sound(self._second, self._held[:SAMPLE_RATE])
            self._held = self._held[SAMPLE_RATE:]
            self._second += 1
