import subprocess
import sys

import psutil
import pytest

from nbutils.suite.processes import kill_with_children
from nbutils.suite.sweep.kernels import kill_kernels, time_limit

LIMIT_S = 60  # only so that a broken limit fails instead of hanging

WITH_CHILD = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"


@pytest.fixture
def start():
    started = []

    def start(mark):
        process = subprocess.Popen([sys.executable, "-c", WITH_CHILD, mark], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, psutil.Process(int(process.stdout.readline()))

    yield start
    for process in started:
        if process.poll() is None:
            kill_with_children(psutil.Process(process.pid))
        process.communicate()


def test_those_with_the_mark_end_with_their_children_and_others_live(start):
    marked, child = start("/tmp/nb1234-x/kernel.json")
    other, _ = start("/tmp/nb5678-x/kernel.json")
    kill_kernels("nb1234-")
    assert marked.wait(LIMIT_S) == -9
    child.wait(LIMIT_S)
    assert other.poll() is None


def test_a_kernel_that_is_started_after_the_time_is_up_ends_too(start):
    with time_limit(0.01, "nb1234-") as time_is_up:
        assert time_is_up.wait(LIMIT_S)
        assert start("nb1234-x")[0].wait(LIMIT_S) == -9


@pytest.mark.parametrize("seconds", [None, 600])
def test_within_the_limit_nothing_ends(start, seconds):
    process, _ = start("nb1234-x")
    with time_limit(seconds, "nb1234-") as time_is_up:
        pass
    assert not time_is_up.is_set()
    assert process.poll() is None
