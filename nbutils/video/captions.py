"""One or two sentences under each figure, computed from the table that the figure draws."""

import pandas as pd

from nbutils.video.figures.choosing import summary
from nbutils.video.figures.look import truth_name
from nbutils.video.selection.contributions import NOTHING
from nbutils.video.unmeasured import said_if_measured

NO_FEATURES = "there are no annotated windows with features"
NO_CLIP = "no clip was chosen"
MOST_TOLD = 8
SAID = ("matched mAP", "AR", "HL-mAP", "mean best-match precision")


def timeline(table: pd.DataFrame, data: str) -> str:
    """How many clips there are, how long, and how much of the known ones they cover."""
    clips, truth = (table[table["kind"] == kind] for kind in ("clip", "annotated"))
    rejected = table[table["kind"] == "rejected"]
    told = f"{len(clips)} clips of {_total(clips):.0f} s in all"
    if len(truth):
        shared = sum(_shared(clip, truth) for clip in clips.itertuples())
        known = f"{len(truth)} {truth_name(data)} clips"
        told += f", {shared:.0f} s of them within the {known}, which are {_total(truth):.0f} s"
    return f"{data}: {told}. Runs of candidates above the threshold that were rejected: {len(rejected)}."


@said_if_measured(NO_CLIP)
def sheet(clips: pd.DataFrame, data: str) -> str:
    """Rank, times and score of each clip."""
    parts = [f"clip {row.rank} at {row.start:.1f}-{row.end:.1f} s, score {row.score:.2f}" for row in clips.itertuples()]
    return f"{data}: {_told(parts)}"


@said_if_measured("there are no clips of annotated windows with captions")
def snapping(cost: pd.DataFrame, means: pd.DataFrame, lost: int, data: str) -> str:
    """Mean overlap before and after, how many clips gain and lose, and how many found no place."""
    found = means.set_index("measure")
    change = found.loc["tiou_change"]
    better, worse = (cost["tiou_change"] > 0).sum(), (cost["tiou_change"] < 0).sum()
    return (
        f"{data}: mean tIoU with the best annotated clip {found.loc['tiou_before', 'value']:.3f} before and "
        f"{found.loc['tiou_after', 'value']:.3f} after, {_change(change, 3)} over {change['n']} clips; {better} come "
        f"closer, {worse} lose. {lost} more found no place."
    )


def clips_of_choice(table: pd.DataFrame) -> str:
    """The choice and its clips."""
    return f"{table['data'].iloc[0]}: {summary(table)}."


def contributions(table: pd.DataFrame, truth: pd.DataFrame, data: str) -> str:
    """Mean change of the score when a modality is left out, within known clips and elsewhere."""
    parts = []
    middles = table["second"] + 0.5
    inside = pd.Series(False, index=table.index)
    for row in truth.itertuples():
        inside |= middles.between(row.start, row.end)
    for name in table["dropped"].unique():
        rows = table["dropped"] == name
        if name != NOTHING:
            within, without = (-table.loc[rows & where, "change"].mean() for where in (inside, ~inside))
            where = f"{without:+.2f} elsewhere" if inside.any() else f"{without:+.2f} a second"
            parts.append(
                f"{name} adds {f'{within:+.2f} in {truth_name(data)} clips and ' if inside.any() else ''}{where}"
            )
    if not parts:
        return f"{data}: there is one modality alone, so that none can be left out."
    return f"{data}: " + _told(parts)


@said_if_measured(NO_FEATURES)
def gains(table: pd.DataFrame, data: str) -> str:
    """What each row adds to the scorer."""
    return _gains(table, "the scorer", data)


def _gains(table: pd.DataFrame, whole: str, data: str) -> str:
    parts = [f"{row['name']} {_change(100 * row[['value', 'low', 'high']], 1)}" for _, row in table.iterrows()]
    few = "" if table["low"].notna().all() else " One video alone gives no interval."
    return f"{data}: matched mAP, points gained by {whole} over: {_told(parts)}{few}"


@said_if_measured("trainings were compared on the generated films with the scorer that comes along")
def training(table: pd.DataFrame, data: str) -> str:
    """What each part of the training adds, and in how many of the trainings."""
    trainings = table["seeds"].max()
    every = table.loc[(table["seeds_above"] == table["seeds"]), "name"]
    told = _gains(table, "the whole recipe", data)
    return f"{told} Means of {trainings} trainings each; above 0 in each of them: {', '.join(every)}."


@said_if_measured("nothing is annotated")
def metrics(table: pd.DataFrame, data: str) -> str:
    """The scorer's metrics, and what is known of them from the anchors."""
    scored = table[~table["anchor"]]
    if scored.empty:
        return f"{data}: anchors alone, as there are no features to score."
    parts = [
        f"{row['metric']} {_interval(100 * row[['value', 'low', 'high']])}"
        for _, row in scored[scored["tiou"].isna() & scored["metric"].isin(SAID)].iterrows()
    ]
    return f"{data}: the scorer over {scored['n'].max()} windows, in %: {_told(parts)}"


@said_if_measured("nothing is annotated")
def released(table: pd.DataFrame, data: str) -> str:
    """What the oracles get under the released metric and cap."""
    found = table.set_index(["predictor", "metric"])["value"] * 100
    repeated, capped = found["oracle repeating one clip"], found["capped oracle"]
    return (
        f"{data}: an oracle that repeats one clip has {repeated['mean best-match precision']:.1f} % best-match "
        f"precision and {repeated['matched mAP']:.1f} % matched mAP; one under the cap finds {capped['AR']:.1f} % of "
        "the clips."
    )


@said_if_measured(NO_FEATURES)
def reliability(errors: pd.DataFrame, data: str) -> str:
    """Calibration error of seconds and clips with what chance gives."""
    parts = [
        f"of {row['of']} {_interval(row[['value', 'low', 'high']], 3)} (below {row['null_high']:.3f} if they were "
        "independent and meant what they say)"
        for _, row in errors.iterrows()
    ]
    return f"{data}: expected calibration error {_told(parts)}"


@said_if_measured("nothing is annotated")
def lengths_and_gaps(table: pd.DataFrame, data: str) -> str:
    """Median and mean of lengths and gaps by file."""
    parts = []
    for (split, quantity), rows in table.groupby(["split", "quantity"], sort=False):
        seconds, of = rows["seconds"], "" if split == data else f"{split}, "
        parts.append(f"{of}{quantity}: median {seconds.median():.1f} s, mean {seconds.mean():.1f} s")
    return f"{data}: {_told(parts)}"


def _shared(clip: tuple, truth: pd.DataFrame) -> float:
    return float((truth["end"].clip(upper=clip.end) - truth["start"].clip(lower=clip.start)).clip(lower=0).sum())


def _total(rows: pd.DataFrame) -> float:
    return float((rows["end"] - rows["start"]).sum())


def _interval(row: pd.Series, digits: int = 1) -> str:
    value, low, high = row
    told = f"{value:.{digits}f}"
    return told if pd.isna(low) else f"{told} [{low:.{digits}f}, {high:.{digits}f}]"


def _change(row: pd.Series, digits: int) -> str:
    value, low, high = row[["value", "low", "high"]]
    told = f"{value:+.{digits}f}"
    return told if pd.isna(low) else f"{told} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _told(parts: list[str]) -> str:
    """The first parts, and how many more there are."""
    more = f"; and {len(parts) - MOST_TOLD} more" if len(parts) > MOST_TOLD else ""
    return "; ".join(parts[:MOST_TOLD]) + more + "."
