"""Measurements on any mixture-of-experts model that transformers can run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["interventions", "norms", "routing", "similarity"],
    submod_attrs={
        "parameters": ["ExpertDiversity", "ExpertRouting", "RouterNorms"],
        "probe": ["probe"],
        "sums": ["Probe", "merged"],
    },
)
