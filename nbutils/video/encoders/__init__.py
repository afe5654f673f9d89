"""One vector a second of pictures, sound and words."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "choice": ["Encoders", "choose_encoders"],
        "interface": ["Encoder", "PictureEncoder", "TextEncoder", "WindowEncoder"],
    },
)
