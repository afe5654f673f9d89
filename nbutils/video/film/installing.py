"""Copies what was made to `data/clip-scorer`, with checksums."""

import hashlib
import shutil
from pathlib import Path

from nbutils.video.embedded import NAME
from nbutils.video.media.whole_files import write_whole
from nbutils.video.model.checkpoint import WEIGHTS

SUMS = "SHA256SUMS"


def install(made: Path, data: Path) -> None:
    """Puts the folder `made` in the place of `data/clip-scorer`.

    Its own `SHA256SUMS` pins every file; that of `data` holds the weights alone, as it does of all models.
    """
    place = data / NAME
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(made, place)
    files = sorted(file for file in place.rglob("*") if file.is_file())
    write_whole(place / SUMS, _lines(files, place).encode())
    recorded = (data / SUMS).read_text().splitlines(keepends=True) if (data / SUMS).exists() else []
    others = [line for line in recorded if f"  {NAME}/" not in line]
    weights = _lines([file for file in files if file.name == WEIGHTS], data).splitlines(keepends=True)
    together = sorted([*others, *weights], key=lambda line: line.partition("  ")[2])
    write_whole(data / SUMS, "".join(together).encode())


def _lines(files: list[Path], root: Path) -> str:
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(root).as_posix()}\n" for file in files
    )
