import pandas as pd
import pytest


@pytest.fixture
def clips_of():
    """A table of clips of the window "w" from tuples (start, end) or (start, end, score)."""

    def table(rows, window_id="w"):
        scores = [row[2] if len(row) > 2 else 1.0 for row in rows]
        columns = {"start": [row[0] for row in rows], "end": [row[1] for row in rows], "score": scores}
        return pd.DataFrame({"window_id": [window_id] * len(rows)} | columns).astype(
            {"start": float, "end": float, "score": float}
        )

    return table


@pytest.fixture
def window():
    return windows_of({"w": 100.0})


@pytest.fixture
def windows_of_durations():
    return windows_of


def windows_of(durations):
    """Each window of its own video."""
    return pd.DataFrame({"window_id": list(durations), "video_id": list(durations), "duration": durations.values()})
