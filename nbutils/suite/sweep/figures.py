"""Figures of a sweep: each claim's finding against one parameter, a panel a claim."""

import re
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nbutils.suite import figures as style

MOST_PANELS = 12
MOST_SERIES = len(style.COLOURS)
MOST_TICKS = 8
LONGEST_TICK_LABEL = 16
MOST_TICK_LETTERS = 32
LONGEST_SERIES_LABEL = 50
LOG_SCALE_RATIO = 30

_MARKERS = {"holds": "o", "fails": "X", "not testable here": "s"}
_COLUMNS = 3
_TITLE_WIDTH = 46
_MARGIN = 0.05  # of the width of a panel, left and right of its numbers


def figures_by_parameter(findings: pd.DataFrame, parameters: Mapping[str, str]) -> dict[str, Figure]:
    """Draw what was measured against each parameter that has two values or more.

    Args:
        findings: what `tables.findings_table` returns.
        parameters: the sweep's parameters, name -> column of `findings`.

    Returns:
        File name without ending -> figure; a figure has at most twelve panels, more go to the next one.
    """
    measured = findings[findings["measured"].notna()]
    measured = measured.assign(statement=_statements(measured, parameters))
    varied = {name: column for name, column in parameters.items() if measured[column].nunique(dropna=False) > 1}
    drawn = {}
    for name, column in varied.items():
        others = {other: varied[other] for other in varied if other != name}
        statements = measured["statement"].unique()
        for part in range(0, len(statements), MOST_PANELS):
            rows = measured[measured["statement"].isin(statements[part : part + MOST_PANELS])]
            number = f"_{part // MOST_PANELS + 1}" if len(statements) > MOST_PANELS else ""
            drawn[f"by_{name}{number}"] = _figure(rows, name, column, others)
    return drawn


def _statements(findings: pd.DataFrame, parameters: Mapping[str, str]) -> list[str]:
    """Return the claims with a run's own texts replaced by their parameter's name.

    Where a claim names the model, runs of two models then share a panel.
    """
    statements = []
    for _, row in findings.iterrows():
        statement = row["claim"]
        for name, column in parameters.items():
            value = row[column]
            if isinstance(value, str) and value:
                for text in {value, value.rstrip("/").rpartition("/")[2]}:
                    statement = re.sub(rf"(?<![\w@-]){re.escape(text)}(?![\w@-])", f"[{name}]", statement)
        statements.append(statement)
    return statements


def _figure(rows: pd.DataFrame, name: str, column: str, others: Mapping[str, str]) -> Figure:
    panels = list(rows.groupby("statement", sort=False))
    figure, axes = style.small_multiples(
        len(panels), columns=_COLUMNS, panel_size=(3.5, 3.0), share_x=False, share_y=False
    )
    positions, labels = _positions(rows[column])
    series = _series(rows, others)
    for panel, (statement, part) in zip(axes, panels, strict=True):
        _draw(panel, part, positions, series, is_numeric=labels is None)
        units = part["unit"].dropna().unique()
        title = textwrap.shorten(statement, 3 * _TITLE_WIDTH, placeholder=" ...")
        panel.set_title(textwrap.fill(title, _TITLE_WIDTH), fontsize=8)
        panel.set(xlabel=name, ylabel=f"measured, {units[0]}" if len(units) == 1 else "measured")
        _set_x_axis(panel, positions, labels)
    figure.suptitle(f"Findings against {name}")
    handles = _legend(rows, series)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
    return figure


def _positions(values: pd.Series) -> tuple[pd.Series, list[str] | None]:
    """Return where each row stands on the x axis and the names of the places 0, 1, ...; None for numbers."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values) and values.notna().all():
        return values.astype(float), None
    codes, unique = pd.factorize(values.astype(object).where(values.notna(), "none"), sort=False)
    return pd.Series(codes.astype(float), index=values.index), [str(value) for value in unique]


def _series(rows: pd.DataFrame, others: Mapping[str, str]) -> pd.Series:
    """Name the groups of runs that differ in the drawn parameter only; one group where there are too many colours."""
    names = pd.Series("", index=rows.index)
    for name, column in others.items():
        names = names + ", " * bool(names.any()) + f"{name}=" + rows[column].astype("str").fillna("none")
    if names.nunique() > MOST_SERIES:
        return pd.Series(f"all values of {', '.join(others)}", index=rows.index)
    return names


def _draw(panel: Axes, rows: pd.DataFrame, x: pd.Series, series: pd.Series, *, is_numeric: bool) -> None:
    """Draw the findings of one claim; `x` and `series` are those of all claims, so that all panels share colours."""
    names = list(series.unique())
    width = 0 if is_numeric else 0.5 / len(names)
    for i, name in enumerate(names):
        part = rows[series[rows.index] == name]
        at = x[part.index] + width * (i - (len(names) - 1) / 2)
        colour = style.COLOURS[i % MOST_SERIES]
        errors = [
            (part["measured"] - part["low"]).clip(lower=0).fillna(0),
            (part["high"] - part["measured"]).clip(lower=0).fillna(0),
        ]
        alpha = 1.0 if at.is_unique else 0.5
        panel.errorbar(
            at, part["measured"], yerr=errors, fmt="none", ecolor=colour, elinewidth=1, capsize=2, alpha=alpha
        )
        if is_numeric and at.is_unique and len(at) > 1:
            order = at.sort_values().index
            panel.plot(at[order], part["measured"][order], color=colour, linewidth=1)
        for verdict, marker in _MARKERS.items():
            these = part[part["verdict"] == verdict]
            panel.scatter(at[these.index], these["measured"], marker=marker, color=colour, s=28, alpha=alpha, zorder=3)
        if rows["null"].nunique() > 1:
            panel.scatter(at, part["null"], marker="_", color=style.REFERENCE_COLOUR, s=120, zorder=2)
    if rows["null"].nunique() == 1:
        panel.axhline(rows["null"].dropna().iloc[0], color=style.REFERENCE_COLOUR, linestyle="--", linewidth=1)
    for paper in rows["paper_value"].dropna().unique():
        panel.axhline(paper, color=style.REFERENCE_COLOUR, linestyle=":", linewidth=1.5)


def _set_x_axis(panel: Axes, positions: pd.Series, labels: Sequence[str] | None) -> None:
    if labels is None:
        smallest, largest = positions.min(), positions.max()
        if smallest > 0 and largest / smallest >= LOG_SCALE_RATIO:
            panel.set_xscale("log")
            margin = (largest / smallest) ** _MARGIN
            panel.set_xlim(smallest / margin, largest * margin)
            return
        if (positions % 1 == 0).all():
            panel.xaxis.get_major_locator().set_params(integer=True)
        margin = (largest - smallest) * _MARGIN
        panel.set_xlim(smallest - margin, largest + margin)
        return
    step = -(-len(labels) // MOST_TICKS)
    places = np.arange(0, len(labels), step)
    panel.set_xlim(-0.6, len(labels) - 0.4)
    shown = [_shortened(labels[i], LONGEST_TICK_LABEL) for i in places]
    crowded = sum(map(len, shown)) > MOST_TICK_LETTERS
    panel.set_xticks(
        places,
        shown,
        rotation=30 if crowded else 0,
        ha="right" if crowded else "center",
    )


def _legend(rows: pd.DataFrame, series: pd.Series) -> list[Line2D]:
    names = list(series.unique())
    handles = [
        Line2D([], [], color=style.COLOURS[i], label=_shortened(name, LONGEST_SERIES_LABEL))
        for i, name in enumerate(names)
        if name
    ]
    handles += [
        Line2D([], [], color="#222222", linestyle="", marker=marker, label=verdict)
        for verdict, marker in _MARKERS.items()
        if (rows["verdict"] == verdict).any()
    ]
    if rows["null"].notna().any():
        handles.append(Line2D([], [], color=style.REFERENCE_COLOUR, linestyle="--", label="null or chance"))
    if rows["paper_value"].notna().any():
        handles.append(Line2D([], [], color=style.REFERENCE_COLOUR, linestyle=":", label="paper"))
    return handles


def _shortened(text: str, length: int) -> str:
    """Keep the end of a long text: paths and revisions differ there."""
    return text if len(text) <= length else "..." + text[3 - length :]
