import time

import pytest


@pytest.fixture
def measuring(request):
    """Whether times matter (`make benchmark`) or the code only has to run (`make test`)."""
    return request.config.getoption("benchmark_enable")


@pytest.fixture
def best_seconds(measuring):
    """Interleaves several functions and returns the best time of each, so that all see the same machine."""

    def measure(functions, rounds=5):
        best = dict.fromkeys(functions, float("inf"))
        for _ in range(rounds if measuring else 1):
            for name, function in functions.items():
                start = time.perf_counter()
                function()
                best[name] = min(best[name], time.perf_counter() - start)
        return best

    return measure
