"""Texts that pip installs, by domain, and a user's own: passages, tokenisation, batches with padding masks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batches": ["Batch", "batches", "batch_of"],
        "passages": ["Passage", "corpus"],
        "sources": ["DOMAINS"],
        "texts": ["TextError", "read"],
    },
)
