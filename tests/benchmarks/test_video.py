"""From a video to clips: decoding against other ways to a picture a second, and time and memory of the whole."""

import subprocess
import sys
import time
from fractions import Fraction

import av
import numpy as np
import pytest
from scipy.ndimage import zoom

from nbutils.video.media import Frame, decode
from tests.video.media.films import tone, write_film

SHORTER_SIDE = 224
SECONDS = 60


@pytest.fixture(scope="module")
def film(request, tmp_path_factory):
    """A minute of 720p with sound, of a camera that wanders over a landscape; a small film where times do not count."""
    measuring = request.config.getoption("benchmark_enable")
    seconds, width, height = (SECONDS, 1280, 720) if measuring else (4, 80, 48)
    rng = np.random.default_rng(0)
    ground = zoom(rng.random((25, 41, 3)), (2 * height / 24, 2 * width / 40, 1), order=1) * 220
    ground = (ground + rng.normal(0, 5, ground.shape).clip(-30, 30) + 30).clip(0, 255).astype(np.uint8)
    angles = np.arange(25 * seconds)
    tops = (height / 2 * (1 + np.sin(angles / 90))).astype(int)
    lefts = (width / 2 * (1 + np.cos(angles / 130))).astype(int)
    pictures = [ground[top : top + height, left : left + width] for top, left in zip(tops, lefts, strict=True)]
    path = tmp_path_factory.mktemp("film") / "film.mov"
    write_film(path, angles * 40, pictures=pictures, sound=[(0, tone(seconds))], preset="veryfast")
    return path


def ours(path):
    return [item.picture for item in decode(path, shorter_side=SHORTER_SIDE) if isinstance(item, Frame)]


def small(frame):
    width = round(SHORTER_SIDE * frame.width / frame.height)
    return frame.to_ndarray(format="rgb24", width=width, height=SHORTER_SIDE, interpolation="AREA")


def every_frame(path):
    """PyAV, every frame decoded."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        return [small(frame) for frame in container.decode(video) if frame.pts * video.time_base % 1 == 0]


def seek_every_second(path):
    """PyAV, a jump to the key frame before each second and on from there."""
    pictures = []
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        for second in range(int(container.duration / av.time_base)):
            container.seek(int(second / video.time_base), stream=video)
            pictures.append(small(next(frame for frame in container.decode(video) if frame.time >= second)))
    return pictures


def opencv(path):
    """OpenCV, every frame decoded and one a second looked at."""
    cv2 = pytest.importorskip("cv2")
    capture, pictures, number = cv2.VideoCapture(str(path)), [], 0
    while capture.grab():
        if number % 25 == 0:
            picture = capture.retrieve()[1]
            size = round(SHORTER_SIDE * picture.shape[1] / picture.shape[0]), SHORTER_SIDE
            pictures.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[..., ::-1])
        number += 1
    return pictures


def cpu_and_wall_seconds(decoders, film, rounds):
    """The least of each over interleaved rounds; decoders use threads, so a busy machine lengthens wall time alone."""
    best = {name: (float("inf"), float("inf")) for name in decoders}
    for _ in range(rounds):
        for name, decoder in decoders.items():
            cpu, wall = time.process_time(), time.perf_counter()
            decoder(film)
            taken = time.process_time() - cpu, time.perf_counter() - wall
            best[name] = tuple(map(min, best[name], taken))
    return best


def test_decoding_speed(benchmark, measuring, film):
    rivals = {"PyAV, every frame": every_frame, "OpenCV": opencv, "PyAV, a seek a second": seek_every_second}

    seconds = cpu_and_wall_seconds({"ours, with sound": ours, **rivals}, film, rounds=3 if measuring else 1)
    result = benchmark.pedantic(ours, args=(film,), rounds=1)

    for decoder in rivals.values():
        theirs = decoder(film)
        assert len(theirs) == len(result)
        if decoder is not opencv:  # it scales and converts with its own arithmetic
            np.testing.assert_array_equal(theirs, result)
    report = {}
    for kind, of in enumerate(("CPU", "wall")):
        taken = {name: both[kind] for name, both in seconds.items()}
        sequential = min(taken["PyAV, every frame"], taken["OpenCV"])
        report |= {f"{name}, {of} s": value for name, value in taken.items()} | {
            f"{of}: ours / best sequential decoder (goal at most 1.1)": taken["ours, with sound"] / sequential,
            f"{of}: a seek a second / ours (goal at least 2.5)": taken["PyAV, a seek a second"]
            / taken["ours, with sound"],
        }
    show(benchmark, report)


SPENT = """
import re, time
from pathlib import Path
peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
print(time.process_time(), peak)
"""

WHOLE = """
import pandas as pd
from nbutils.video.features import MODALITIES, features_of
from nbutils.video.model import ClipScorer, scorer_config
from nbutils.video.selection import score_video, select_clips
starts = range(0, {seconds}, 3)
captions = pd.DataFrame({{"start": starts, "text": [f"This is what is said at second {{s}}." for s in starts]}})
features = features_of({path!r}, captions.assign(end=captions["start"] + 2.5))
assert len(features.visual) == len(features.audio) == len(features.text) == {seconds}
widths = {{name: getattr(features, name).shape[1] for name in MODALITIES}}
candidates = score_video(ClipScorer(scorer_config("small", **widths)).eval(), features)
selection = select_clips(candidates, features.duration, threshold=0)
assert len(selection.clips) + len(selection.rejected) == {seconds}
"""

WINDOW = """
import numpy as np
from nbutils.video.features import Features
from nbutils.video.model import ClipScorer, scorer_config
from nbutils.video.selection import score_video
config = scorer_config({size!r})
rows = (np.zeros((1800, width), np.float32) for width in config.widths())
candidates = score_video(ClipScorer(config).eval(), Features("window", *rows, duration=1800.0))
assert np.isfinite(candidates.score).all() and len(candidates) == 1800
"""

reads_proc = pytest.mark.skipif(
    sys.platform != "linux", reason="reads /proc; other peaks include those of the parent process"
)


@pytest.mark.slow
@reads_proc
def test_ten_minutes_to_clips(benchmark, measuring, film, tmp_path):
    """With imports and the text model; the scorer has random weights, which take as long as trained ones."""
    repeat(film, tmp_path / "long.mov", times=10)
    script = WHOLE.format(path=str(tmp_path / "long.mov"), seconds=10 * (SECONDS if measuring else 4))

    cpu_seconds, peak = benchmark.pedantic(spent, args=(script,), rounds=1)

    show(benchmark, {"CPU seconds (goal below 120)": cpu_seconds, "peak MB (goal below 600)": peak})
    assert peak < 600


@reads_proc
@pytest.mark.parametrize("size", ["small", "paper"])
def test_a_window_of_thirty_minutes(benchmark, measuring, size):
    """Features of the widths of Repurpose-10K, scored at once."""
    if size == "paper" and not measuring:
        pytest.skip("82 million weights take a while to draw; runs in make benchmark")

    cpu_seconds, peak = benchmark.pedantic(spent, args=(WINDOW.format(size=size),), rounds=1)

    show(benchmark, {f"{size}, CPU seconds": cpu_seconds, f"{size}, peak MB (goal below 1500)": peak})
    assert peak < 1500


def spent(script):
    """CPU seconds and peak memory in MB of a script that runs in a process of its own, its imports with it."""
    done = subprocess.run([sys.executable, "-c", script + SPENT], capture_output=True, text=True, check=True)
    return tuple(map(float, done.stdout.split()))


def repeat(film, path, times):
    """Writes the packets of `film` several times, one after another."""
    with av.open(str(path), "w") as target:
        streams = []
        for number in range(times):
            with av.open(str(film)) as source:
                streams = streams or [target.add_stream_from_template(stream) for stream in source.streams]
                for packet in source.demux():
                    if packet.size:
                        ticks = int(number * Fraction(source.duration, av.time_base) / packet.time_base)
                        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
                        packet.stream = streams[packet.stream_index]
                        target.mux(packet)


def show(benchmark, report):
    benchmark.extra_info.update(report)
    print("", *(f"{name}: {value:.3f}" for name, value in report.items()), sep="\n")
