"""The one exception of this package."""


class ModelError(ValueError):
    """A model cannot be loaded or viewed as asked; the message is one sentence that says what to do."""
