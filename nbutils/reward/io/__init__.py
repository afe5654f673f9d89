"""Reads scored pairs and outputs in the formats that users have."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "annotations": ["read_annotations"],
        "description": ["describe"],
        "leaderboard": ["read_leaderboard"],
        "pairs": ["read_pairs"],
        "responses": ["read_responses"],
    },
)
