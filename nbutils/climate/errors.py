"""The one exception of this package."""


class ClimateDataError(ValueError):
    """Data cannot be read as days of emissions and temperature; the message is one sentence with the way out."""
