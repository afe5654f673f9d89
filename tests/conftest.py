"""What all tests share."""

from pathlib import Path

import hypothesis
import pytest

# The same examples in every run, and none judged by the time it took.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture
def shared_data():
    """The path of a file of real data beside the checkout; the test is skipped where it is absent."""

    def path(name):
        file = Path(__file__).parents[2] / "shared" / "data" / name
        if not file.exists():
            pytest.skip(f"needs {name} in a folder shared/data beside the checkout")
        return file

    return path
