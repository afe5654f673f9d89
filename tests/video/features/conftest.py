import pytest

from tests.video.media.films import tone, write_film


@pytest.fixture
def film(tmp_path):
    """6 s of picture with 4 s of sound."""
    path = tmp_path / "film.mkv"
    write_film(path, range(0, 6000, 40), sound=[(0, tone(4))])
    return path
