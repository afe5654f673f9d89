"""Features of a video, one row a second, and where they are kept."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "compute": ["features_of"],
        "features": ["MODALITIES", "Features"],
        "folder": ["read_features", "write_features"],
    },
)
