"""Expert kernels: what every expert does to every token, reduced to statistics on the way, and the routed forward."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "comparison": ["OutputComparison", "all_outputs", "compare_outputs"],
        "dispatch": ["expert_mlp", "expert_norms"],
        "reference": ["ExpertStatistics"],
    },
)
