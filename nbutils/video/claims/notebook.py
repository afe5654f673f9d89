"""All findings of `clip_scoring`."""

import math

import pandas as pd

from nbutils.video.claims.annotated import GEOMETRY, geometry_finding, leak_finding
from nbutils.video.claims.gains import fusion_finding, modality_finding, rival_finding, training_finding
from nbutils.video.claims.released import cap_finding, repetition_finding
from nbutils.video.claims.trust import calibration_finding, snapping_finding
from nbutils.video.comparisons import RIVALS
from nbutils.video.features import MODALITIES
from nbutils.video.given import SIMULATION, VideoData, measured_on
from nbutils.video.windows import Calibration, Snapping

LOCAL_MIXING = "local mixing over neighbouring seconds raises the mAP"
LOCAL_PAPER = "17.9 to 42.3 on another planted signal"
ALIGNMENT = "the alignment loss raises the mAP"
REPURPOSE = "Repurpose-10K"


def clip_scoring(
    given: VideoData,
    dropped: pd.DataFrame,
    rivals: pd.DataFrame,
    trained: pd.DataFrame,
    released: pd.DataFrame,
    calibration: Calibration,
    snapping: Snapping,
    estimates: pd.DataFrame,
    leaks: pd.DataFrame,
) -> list[dict[str, object]]:
    """Findings of the notebook.

    Args:
        given: what was looked at.
        dropped: of `dropped_gains`.
        rivals: of `anchor_gains`.
        trained: of `ablation_gains`.
        released: of `released_metrics`.
        calibration: of `calibration`.
        snapping: of `snapping`.
        estimates: of `estimates`.
        leaks: of `leaks`.
    """
    data = measured_on(given)
    videos, rate = 0, math.nan
    if given.windows:
        windows = given.windows.annotations.windows
        videos, rate = windows["video_id"].nunique(), 60 * windows["clips"].sum() / windows["duration"].sum()
    is_simulated = SIMULATION in given.splits
    files = REPURPOSE if is_simulated or not given.splits else data
    snapped_videos = snapping.clips["video_id"].nunique() if len(snapping.clips) else 0
    return [
        *(modality_finding(modality, dropped, data) for modality in MODALITIES),
        fusion_finding(trained, data),
        *(rival_finding(rival, rivals, data) for rival in RIVALS),
        repetition_finding(released, data),
        cap_finding(released, rate, data),
        training_finding("no local mixing", LOCAL_MIXING, LOCAL_PAPER, trained, data),
        training_finding("no alignment loss", ALIGNMENT, "named without a figure", trained, data),
        calibration_finding(calibration.errors, videos, data),
        snapping_finding(snapping.means, snapped_videos, data),
        *(geometry_finding(quantity, pd.DataFrame() if is_simulated else estimates, files) for quantity in GEOMETRY),
        leak_finding(leaks, files),
    ]
