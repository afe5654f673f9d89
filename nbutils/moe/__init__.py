"""Measurements on any mixture-of-experts model that transformers can run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["captions", "claims", "figures"],
    submod_attrs={
        "measure": ["measure_models"],
        "parameters": ["RouterNorms"],
        "probe": ["Probe", "probe"],
        "ranks": [
            "activations_by_expert",
            "agreement_by_layer",
            "difference_in_same_rank",
            "norms_by_layer",
            "rank_counts",
        ],
        "sentence": ["sentence_table"],
    },
)
