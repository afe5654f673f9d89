"""Scores responses with a reward model or by log-likelihood."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "encoding": ["conversation"],
        "likelihood": ["log_likelihood"],
        "reward_model": ["score_with_reward_model"],
    },
)
