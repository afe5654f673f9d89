"""Does the router pick the experts with the larger outputs? (Lo et al., arXiv 2406.18219, sections 5.2 and 5.3)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["captions", "claims", "figures"],
    submod_attrs={
        "measure": ["measure_models"],
        "ranks": [
            "agreement_by_layer",
            "difference_in_same_rank",
            "norms_by_layer",
            "rank_counts",
        ],
        "sentence": ["sentence_table"],
    },
)
