"""How well clips agree with annotated ones."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "anchors": [
            "anchors",
            "capped_oracle",
            "full_oracle",
            "random_clips",
            "random_places",
            "released_cap",
            "repeated_oracle",
            "tiling",
        ],
        "clip_matches": ["clip_matches"],
        "evaluation": ["evaluate", "evaluate_seconds", "paired_difference"],
        "highlights": ["positive_seconds", "second_scores", "window_highlights"],
        "matching": ["best_tious", "match"],
        "summary": ["summarise"],
        "windows": ["RELEASED_TIOUS", "TIOUS", "window_metrics"],
    },
)
