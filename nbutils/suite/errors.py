"""The errors that a user of the notebooks may cause: each is one sentence that says what to do."""


class _OneSentenceError(Exception):
    """An error whose message says everything, so that a notebook shows no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class ParameterError(_OneSentenceError, ValueError):
    """A notebook's parameter is unknown, missing or outside what is allowed."""


class OutputError(_OneSentenceError, OSError):
    """The output folder cannot be made or written."""


class UsageError(_OneSentenceError):
    """The command line asks for something that does not exist."""
