"""The one exception of this package."""


class RewardDataError(ValueError):
    """Scored pairs or responses cannot be read or used as given; the message is one sentence that says what to do."""
