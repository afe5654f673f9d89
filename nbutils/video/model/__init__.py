"""The network that scores every second of a video."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "checkpoint": ["load_checkpoint", "save_checkpoint"],
        "config": ["ScorerConfig", "scorer_config"],
        "network": ["ClipOutputs", "ClipScorer"],
    },
)
