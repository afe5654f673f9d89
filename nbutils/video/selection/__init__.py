"""From scores of seconds to clips."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "clips": ["Selection", "select_clips"],
        "contributions": ["drop_one"],
        "scoring": ["score_video"],
    },
)
