"""Measurements on any mixture-of-experts model that transformers can run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["norms"],
    submod_attrs={
        "parameters": ["RouterNorms"],
        "probe": ["Probe", "probe"],
    },
)
