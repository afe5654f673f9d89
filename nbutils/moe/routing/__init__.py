"""Where does the router send which tokens? Load, co-activation, saturation and specialisation of experts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["captions", "claims", "figures"],
    submod_attrs={
        "coactivation": ["coactivation", "strongest_pairs"],
        "consecutive": ["consecutive_layers"],
        "domains": ["divergence_bits", "domain_divergence", "domain_shares"],
        "load": ["load_by_expert", "load_by_layer", "load_statistics"],
        "measure": ["RoutingTables", "measure_routing"],
        "record": ["Routing", "record_routing"],
        "saturation": ["Choices", "record_choices", "saturation", "saturation_table"],
        "scores": ["entropy_by_layer", "top_score_by_layer"],
        "vocabulary": ["specialised_tokens", "vocabulary_by_layer"],
    },
)
