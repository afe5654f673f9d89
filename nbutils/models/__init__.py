"""Loads language and reward models from the Hugging Face hub, a folder or `data/`, and views MoE layers uniformly."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["options"],
    submod_attrs={
        "dense_view": ["dense_layers"],
        "embedded": ["embedded_models", "untrained_of"],
        "errors": ["ModelError"],
        "feed_forward": ["FeedForward"],
        "loading": ["LoadedModel", "load_causal_lm"],
        "moe_view": ["MoELayer", "moe_layers"],
        "reward_loading": ["load_reward_model"],
        "sources": ["check_available"],
        "stored": ["stored_dense_layers", "stored_moe_layers"],
    },
)
