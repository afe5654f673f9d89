"""The output folder of a sweep: on a local disk or behind any URL that fsspec knows."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from nbutils.suite.errors import OutputError, UsageError

WAY_OUT = "make room or give access, then go on with --resume"


class Folder:
    """A folder of files that appear whole or not at all; every process opens its own from the URL.

    Attributes:
        url: where the folder is, absolute: a path on a local disk, a URL elsewhere.
    """

    def __init__(self, url: str):
        """Look at a path or URL; nothing is made or read.

        Raises:
            UsageError: the URL's protocol is unknown or its package is not installed.
        """
        try:
            self._files, self._root = url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise UsageError(f"Cannot use {url} as an output folder: {' '.join(str(error).split())}.") from None
        except Exception as error:  # each file system raises its own when access is not configured
            raise UsageError(f"Cannot open {url} ({type(error).__name__}: {error}).") from None
        self.url = self._root if isinstance(self._files, LocalFileSystem) else url

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, None where there is none."""
        return self.read_all([name]).get(name)

    def read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the contents of those files that exist, by name; a remote folder is asked for many at a time."""
        with self._errors("read"):
            found = self._files.cat_ranges([self._path(name) for name in names], None, None, on_error="return")
            for content in found:
                if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                    raise content
        return {name: content for name, content in zip(names, found, strict=True) if isinstance(content, bytes)}

    def names(self, below: str = "") -> list[str]:
        """Return the names of what lies directly in the folder, or in one below it; none where it does not exist."""
        with self._errors("read"):
            self._files.invalidate_cache()
            try:
                listed = self._files.ls(self._path(below), detail=False)
            except FileNotFoundError:
                return []
        return sorted(path.rstrip("/").rpartition("/")[2] for path in listed)

    def write(self, name: str, content: bytes) -> None:
        """Write a file under a temporary name, then rename it.

        Raises:
            OutputError: the file system refuses, for example because it is full.
        """
        with self._appearing(name) as unfinished:
            self._files.pipe_file(unfinished, content)

    def copy(self, name: str, source: Path) -> None:
        """Copy a local file, of any size, as `write` does.

        Raises:
            OutputError: the file system refuses.
        """
        with self._appearing(name) as unfinished:
            self._files.put_file(str(source), unfinished)

    @contextmanager
    def _appearing(self, name: str) -> Iterator[str]:
        """Yield a temporary name beside the file's, for the body to write to, and rename it afterwards."""
        path = self._path(name)
        parent, _, last = path.rpartition("/")
        unfinished = f"{parent}/.{last}.{uuid.uuid4().hex}"
        with self._errors("write"):
            self._files.makedirs(parent, exist_ok=True)
            try:
                yield unfinished
                self._files.mv(unfinished, path)
            except BaseException:
                if self._files.exists(unfinished):
                    self._files.rm_file(unfinished)
                raise

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all in it."""
        with self._errors("write"):
            self._files.rm(self._path(name), recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # each file system raises its own
            why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            raise OutputError(f"Cannot {action} {self.url} ({why}); {WAY_OUT}.") from None
