"""What each modality contributes to the scores of a video."""

from dataclasses import replace

import pandas as pd

from nbutils.video.features.features import MODALITIES, Features
from nbutils.video.model.network import ClipScorer
from nbutils.video.selection.scoring import score_video

NOTHING = "nothing"


def with_one_dropped(features: Features) -> dict[str, Features]:
    """The features whole ("nothing") and with each modality left out, by its name.

    Only modalities that the video has are left out, and none where it has one alone.
    """
    present = [name for name in MODALITIES if getattr(features, name) is not None]
    dropped = {name: replace(features, **{name: None}) for name in present} if len(present) > 1 else {}
    return {NOTHING: features} | dropped


def drop_one(model: ClipScorer, features: Features) -> pd.DataFrame:
    """Scores of a video with everything that it has, and with each of its modalities left out in turn.

    A network that was trained without hiding modalities never met such videos, and its changes then say little.

    Returns:
        Columns dropped ("nothing", "visual", "audio", "text"), second, score (0-1) and change (score less that with
        nothing dropped; negative where the modality spoke for the second). One row per second and modality.
    """
    variants = with_one_dropped(features)
    tables = {name: score_video(model, variant)[["second", "score"]] for name, variant in variants.items()}
    whole = tables[NOTHING].score
    changes = {name: table.assign(change=table.score - whole) for name, table in tables.items()}
    return pd.concat(changes, names=["dropped"]).reset_index(level="dropped").reset_index(drop=True)
