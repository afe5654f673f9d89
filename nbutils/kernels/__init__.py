"""Expert kernels: what every expert does to every token, reduced to statistics on the way."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "comparison": ["OutputComparison", "all_outputs", "compare_outputs"],
        "reference": ["ExpertStatistics", "expert_norms"],
    },
)
