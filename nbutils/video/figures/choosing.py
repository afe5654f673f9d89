"""Clips under a choice of threshold, length and density."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.video.choices import NO_LIMIT
from nbutils.video.figures.look import CLIP, SCORE, time_axis, titled


def clips_of_choice(table: pd.DataFrame) -> Figure:
    """The scores of a video and the clips of one choice.

    Args:
        table: rows of `choice_grid` of one threshold, length and density.
    """
    seconds, clips = (table[table["kind"] == kind] for kind in ("second", "clip"))
    figure, [panel] = style.small_multiples(1, panel_size=(9.0, 2.4))
    panel.step(seconds["start"], seconds["score"], where="post", color=SCORE, lw=1)
    for row in clips.itertuples():
        panel.axvspan(row.start, row.end, color=CLIP, alpha=0.25, lw=0)
    style.reference_line(panel, table["threshold"].iloc[0], f"threshold {table['threshold'].iloc[0]:g}")
    panel.set(ylabel="score of a second", ylim=(0, 1.04))
    time_axis(panel, float(seconds["end"].max()))
    figure.suptitle(titled(summary(table), table["data"].iloc[0]))
    return figure


def summary(table: pd.DataFrame) -> str:
    """What one choice gives, from its rows of `choice_grid`."""
    clips = table[table["kind"] == "clip"]
    choice = table.iloc[0]
    limit = "any number" if choice["per_minute"] == NO_LIMIT else f"at most {choice['per_minute']:g} a minute"
    return (
        f"{len(clips)} clips, {(clips['end'] - clips['start']).sum():.0f} s in all: score {choice['threshold']:g} or "
        f"more, {choice['min_length']:g} s or longer, {limit}"
    )
