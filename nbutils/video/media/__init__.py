"""Frames, sound and captions of a video file."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "caption_files": ["write_srt", "write_vtt"],
        "captions": ["Captions", "caption_table", "read_captions"],
        "decode": ["decode"],
        "info": ["MediaInfo", "media_info"],
        "items": ["SAMPLE_RATE", "End", "Frame", "Sound"],
        "opening": ["open_video"],
        "speech": ["recognise_speech"],
    },
)
