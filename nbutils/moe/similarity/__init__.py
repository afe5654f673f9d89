"""How different are the experts, layer by layer? (Lo et al., arXiv 2406.18219, section 4)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["captions", "claims", "figures"],
    submod_attrs={
        "activations": ["activations_by_expert", "gate_activations", "neuron_activations"],
        "components": ["expert_components", "neuron_components"],
        "depth": ["last_layer_outlier", "similarity_by_layer"],
        "matching": ["matching"],
        "measure": ["OutputTables", "WeightTables", "measure_outputs", "measure_weights"],
        "outputs": ["closer_to_one_another", "output_similarity", "output_similarity_by_layer"],
        "regression": ["output_regression", "router_regression"],
        "router": ["router_similarity"],
        "tokens": ["sentence_similarity"],
        "weights": ["averaged_similarity", "matrix_similarity", "weight_similarity"],
    },
)
