"""Figures of rewards and their calibration; each takes a table and returns a matplotlib Figure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "curves": ["after_calibration", "planted_bias", "reward_by_characteristic"],
        "confounded": ["chosen_longer", "gain_by_association"],
        "forest": ["gain_forest"],
        "ranked": ["agreement_with_ratings", "order_of_models"],
        "removal": ["removed_biases"],
        "reliable": ["reliability_diagrams"],
        "sweeps": ["gain_by_setting"],
        "subsets": ["accuracy_by_subset", "section_gains"],
    },
)
