"""Which nbutils a process has: a worker must have the one that the sweep was started with."""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

import nbutils


@cache
def version() -> str:
    """Return the version of nbutils and a digest of its source, for example `0.1.0 (3f9ac20b)`.

    A source tree keeps its version from one release to the next; the digest tells two states apart.
    """
    folder = Path(nbutils.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    try:
        release = metadata.version("nbutils")
    except metadata.PackageNotFoundError:  # imported from a source tree that is not installed
        release = "unknown"
    return f"{release} ({digest.hexdigest()[:8]})"
