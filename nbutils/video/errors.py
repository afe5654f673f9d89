"""The one exception of this package."""


class VideoError(ValueError):
    """A video, its captions, features or annotations cannot be used; one sentence says which, why and the way out."""
