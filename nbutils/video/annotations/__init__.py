"""Annotated clips of long videos, in the form of Repurpose-10K."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "reading": ["parse_annotations", "read_annotations", "read_repaired_annotations"],
        "splits": ["leaking_videos", "pool", "split_by_video"],
        "statistics": ["describe", "gaps"],
        "tables": ["Annotations"],
        "writing": ["write_annotations"],
    },
)
