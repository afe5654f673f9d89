"""Figures of scored and annotated videos; each takes tables and returns a matplotlib Figure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "annotated": ["lengths_and_gaps"],
        "choosing": ["clips_of_choice"],
        "contributions": ["contributions"],
        "gains": ["gains"],
        "levels": ["metrics", "released"],
        "reliable": ["reliability"],
        "sheet": ["sheet"],
        "snapped": ["snapping"],
        "timeline": ["timeline"],
    },
)
