"""Clips as files, sheets and edit lists."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "clip_captions": ["captions_between", "write_clip_captions"],
        "contact_sheets": ["contact_sheet", "write_png"],
        "copied_cuts": ["copy_from_keyframes"],
        "edl": ["timecode", "write_edl"],
        "exact_cuts": ["cut_exactly"],
        "names": ["clip_file_name", "safe_name"],
        "otio": ["timeline", "write_otio"],
        "player": ["player"],
        "previews": ["preview"],
        "tables": ["write_csv"],
    },
)
