"""Figures of how different the experts are; each takes tables with a column `model` and returns a matplotlib Figure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "by_layer": ["similarity_by_layer"],
        "maps": ["similarity_heatmaps"],
        "matched": ["matched_neurons"],
        "regressions": ["router_and_neurons"],
        "scatter": ["expert_components", "neuron_components"],
    },
)
