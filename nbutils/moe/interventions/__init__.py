"""What experts and the router's choice of them are worth: take them away and look at the loss."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["captions", "choices", "claims", "figures"],
    submod_attrs={
        "knockout": [
            "expert_knockouts",
            "expert_losses",
            "router_choice_knockouts",
            "router_choice_losses",
            "top_against_least",
        ],
        "lens": ["expert_lens", "lens_gains"],
        "losses": ["passage_losses"],
        "measure": ["InterventionTables", "measure_interventions"],
        "pruning": ["cost_above", "pruning_curve", "pruning_losses", "saliency"],
        "removal": ["without_experts"],
        "reroute": ["rerouted"],
    },
)
