"""Training of the clip scorer on features and annotated clips."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "data": ["Window", "WindowData", "folder_data", "folder_widths"],
        "loop": ["train_scorer"],
        "recipe": ["PAPER_RECIPE", "Recipe"],
    },
)
