"""Figures of emissions and temperature; each takes tables and returns a matplotlib Figure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "back_casts": ["back_cast", "skill"],
        "calendar_map": ["calendar_map"],
        "extreme_days": ["extreme_trends", "extremes_by_year"],
        "forest": ["forest", "ranked"],
        "ranges": ["ranges"],
        "recovered": ["recovered"],
        "responses": ["responses"],
        "shapes": ["existence", "models"],
    },
)
