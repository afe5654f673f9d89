"""Figures of how different the experts are; each takes tables with a column `model` and returns a matplotlib Figure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "by_layer": ["similarity_by_layer"],
        "maps": ["similarity_heatmaps"],
        "matched": ["matched_neurons"],
        "outputs": [
            "gate_activations",
            "hidden_activations",
            "neuron_heatmaps",
            "output_similarity_by_layer",
            "sentence_similarity",
            "similarity_by_text",
        ],
        "regressions": ["router_and_neurons", "router_regression", "weights_and_outputs"],
        "scatter": ["expert_components", "neuron_components"],
    },
)
