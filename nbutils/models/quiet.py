"""Keeps the libraries' progress bars and warnings out of notebooks while a model loads."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import huggingface_hub.utils as hub_settings
from transformers.utils import logging as transformers_logging


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Silences transformers, accelerate and Python warnings inside the block, then restores their settings."""
    verbosity = transformers_logging.get_verbosity()
    accelerate_logger = logging.getLogger("accelerate")
    accelerate_level = accelerate_logger.level
    bars_shown = transformers_logging.is_progress_bar_enabled()
    hub_bars_shown = not hub_settings.are_progress_bars_disabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    accelerate_logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        accelerate_logger.setLevel(accelerate_level)
        if bars_shown:
            transformers_logging.enable_progress_bar()
        # The two calls on transformers' bars switch those of the hub as well.
        restore = hub_settings.enable_progress_bars if hub_bars_shown else hub_settings.disable_progress_bars
        restore()
