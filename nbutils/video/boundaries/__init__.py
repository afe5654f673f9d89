"""Where clips begin and end, and how sure their scores are."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "calibration": ["calibration_error", "reliability"],
        "cost": ["mean_cost", "snapping_cost"],
        "places": ["Places", "boundary_places"],
        "sentences": ["find_sentences"],
        "shots": ["find_shots"],
        "snapping": ["Snapped", "snap_clips"],
    },
)
