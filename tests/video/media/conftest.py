import pytest

from tests.video.media.films import tone, write_film


@pytest.fixture(scope="session")
def steady_film(tmp_path_factory):
    """10 s at 25 frames a second with frames that nothing refers to, and a tone."""
    path = tmp_path_factory.mktemp("films") / "steady.mkv"
    write_film(path, range(0, 10_000, 40), sound=[(0, tone(10))], bf="3", b_adapt="0")
    return path
