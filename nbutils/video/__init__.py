"""Which parts of a long video make a good short one? (Repurpose-10K)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "annotations",
        "boundaries",
        "captions",
        "claims",
        "encoders",
        "export",
        "features",
        "figures",
        "media",
        "metrics",
        "model",
        "selection",
        "training",
    ],
    submod_attrs={
        "choices": ["choice_grid", "chosen", "rejected_runs", "snapped_ends"],
        "clip_files": ["write_clips"],
        "comparisons": ["ablation_gains", "anchor_gains", "dropped_gains"],
        "errors": ["VideoError"],
        "geometry": ["annotation_facts", "estimates", "leaks", "lengths_and_gaps"],
        "given": ["VideoData", "measured_on", "video_data"],
        "parameters": ["ClipScoring"],
        "players": ["clip_players"],
        "shown": ["facts", "places_of", "real_clip_facts", "shot_cuts"],
        "timeline": ["timeline_rows"],
        "windows": ["calibration", "evaluation", "released_metrics", "scored_windows", "snapping", "window_clips"],
    },
)
