"""All that happens in the shown video, in order of kind and time."""

import pandas as pd

from nbutils.video.choices import Chosen, rejected_runs
from nbutils.video.given import ShownVideo

LOW_SCORE = "score below"


def timeline_rows(shown: ShownVideo, candidates: pd.DataFrame, chosen: Chosen, cuts: pd.DataFrame) -> pd.DataFrame:
    """Scores, clips, rejected candidates, annotated clips, captions and cuts of a video.

    Args:
        shown: the video.
        candidates: of `score_video`.
        chosen: of `chosen`.
        cuts: of `shot_cuts`.

    Returns:
        Columns `kind` ("score", "clip", "rejected", "annotated", "caption", "cut"), `start`, `end` (s), `score` and
        `label` (rank of a clip, reason of a rejected one, text of a caption). Candidates below the threshold, which
        the scores show, are not among the rejected.
    """
    clips, captions = chosen.clips, shown.features.captions
    runs = rejected_runs(chosen.rejected)
    runs = runs[~runs["reason"].str.startswith(LOW_SCORE)]
    seconds = candidates["second"]
    frames = [
        pd.DataFrame({"kind": "score", "start": seconds, "end": seconds + 1, "score": candidates["score"]}),
        clips[["start", "end", "score"]].assign(kind="clip", label=clips["rank"].astype(str)),
        pd.DataFrame(
            {
                "kind": "rejected",
                "start": runs["first_second"],
                "end": runs["last_second"] + 1,
                "score": runs["best_score"],
                "label": runs["reason"],
            }
        ),
        shown.truth.assign(kind="annotated"),
        pd.DataFrame({"kind": "cut", "start": cuts["time"], "end": cuts["time"]}),
    ]
    if captions is not None:
        frames.append(captions[["start", "end"]].assign(kind="caption", label=captions["text"]))
    rows = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    return rows.reindex(columns=["kind", "start", "end", "score", "label"])
