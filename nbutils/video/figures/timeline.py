"""Scores of a video over time, with all that is known of it."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.video.figures.look import (
    ANNOTATED,
    CLIP,
    FAINT,
    REJECTED,
    SCORE,
    legend_once,
    rows_axis,
    time_axis,
    titled,
    truth_name,
)

ROWS = {"annotated": ANNOTATED, "clip": CLIP, "rejected": REJECTED, "caption": FAINT, "cut": SCORE}
NAMES = {"clip": "clips, by rank", "rejected": "rejected", "caption": "captions", "cut": "shot cuts"}
REASONS = {
    "overlaps": ("overlaps a better clip", REJECTED),
    "shorter": ("too short", style.COLOURS[4]),
    "longer": ("too long", style.COLOURS[3]),
    "beyond": ("beyond the clips a minute", style.COLOURS[5]),
    "no": ("no ends to snap to", style.COLOURS[6]),
}


def timeline(table: pd.DataFrame, data: str, threshold: float) -> Figure:
    """The score of each second above the clips, what was rejected, what was annotated, captions and shot cuts.

    Args:
        table: of `timeline_rows`.
        data: what the video is called.
        threshold: lowest score of a clip.
    """
    duration = float(table["end"].max())
    figure = Figure(figsize=(9.0, 4.6), layout="constrained")
    score, events = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1.6])
    seconds = table[table["kind"] == "score"]
    score.step(seconds["start"], seconds["score"], where="post", color=SCORE, lw=1.2, label="score of a second")
    style.reference_line(score, threshold, f"threshold {threshold:g}")
    score.set(ylabel="score of a second", ylim=(0, 1.04))
    for row in table[table["kind"] == "clip"].itertuples():
        score.axvspan(row.start, row.end, color=CLIP, alpha=0.15, lw=0, label="clip chosen")
    kinds = [kind for kind in ROWS if kind == "clip" or (table["kind"] == kind).any()]
    for place, kind in enumerate(kinds):
        _draw(events, table[table["kind"] == kind], kind, place)
    rows_axis(events, [NAMES.get(kind, f"{truth_name(data)} clips") for kind in kinds])
    time_axis(events, duration)
    legend_once(figure, [score, events], ncols=4)
    figure.suptitle(titled("which seconds score high?", data))
    return figure


def _draw(panel: Axes, rows: pd.DataFrame, kind: str, place: int) -> None:
    if kind == "cut":
        panel.vlines(rows["start"], place - 0.35, place + 0.35, color=ROWS[kind], lw=1)
        return
    for row in rows.itertuples():
        label, colour = _reason(row.label) if kind == "rejected" else (None, ROWS[kind])
        height = 0.4 if kind == "caption" else 0.7
        panel.barh(
            place,
            row.end - row.start,
            height,
            row.start,
            color=colour,
            edgecolor="white",
            lw=0.5,
            label=f"rejected: {label}" if label else None,
        )
        if kind == "clip":
            middle = (row.start + row.end) / 2
            panel.text(middle, place, row.label, ha="center", va="center", color="white", fontsize=8)


def _reason(told: str) -> tuple[str, str]:
    """Name and colour of the kind of a reason, of a clip ("clip 7: overlaps ...") or of a candidate."""
    return REASONS[told.rpartition(": ")[2].split()[0]]
