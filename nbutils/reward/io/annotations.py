"""AlpacaEval's annotations: which of two outputs a judge prefers (Dubois et al., arXiv 2404.04475)."""

import os

import pandas as pd

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import shared_texts
from nbutils.reward.io.responses import numbered, tables_in
from nbutils.reward.io.table import Table, failure, names, numbers, require, shown
from nbutils.reward.io.validation import ANNOTATIONS, checked

NEEDED = ("instruction", "output_1", "output_2", "generator_1", "generator_2", "preference")
WRITTEN_AS = {
    "model": "annotator",
    "generator": "generator_2",
    "baseline": "generator_1",
    "text": "output_2",
    "baseline_text": "output_1",
}


def read_annotations(path: str | os.PathLike) -> pd.DataFrame:
    """Judgments of a generator's outputs against a baseline's.

    AlpacaEval writes 1 where `output_1`, the baseline's, is preferred, 2 where `output_2` is, numbers between for
    uncertain judges, 0 for a draw, and nothing where the judge gave no answer: such rows are left out, as AlpacaEval
    does. A file whose preferences are nowhere above 1, and not all 1, is read as shares from 0 to 1.

    Args:
        path: an `annotations.json`, or a folder in which files of other kinds are passed over.

    Returns:
        One row per judge, generator and instruction, as the preferences of a reward model are: `model` (the judge),
        `method` ("none"), `generator`, `baseline` (categories), `instruction_id` (number in order of appearance),
        `preference` (from 0, the baseline's output, to 1, the generator's), `chars`, `baseline_chars` (float64),
        `text`, `baseline_text` (categories).

    Raises:
        RewardDataError: names the file, row and column at fault.
    """
    tables = [table for table in tables_in(path) if {"output_1", "output_2"} & set(table.cells)]
    if not tables:
        raise RewardDataError(f"{path} holds no AlpacaEval annotations: give objects with {', '.join(NEEDED)}")
    rows = numbered(pd.concat(map(_judgments_in, tables), ignore_index=True), ["model", "generator"]).assign(
        method="none"
    )
    named = ("model", "method", "generator", "baseline")
    categories = {name: rows[name].astype("str").astype("category") for name in named}
    return rows.assign(
        **categories,
        chars=rows["text"].map(len).astype(float),
        baseline_chars=rows["baseline_text"].map(len).astype(float),
        text=shared_texts(rows["text"]),
        baseline_text=shared_texts(rows["baseline_text"]),
    )[[*named, "instruction_id", "preference", "chars", "baseline_chars", "text", "baseline_text"]].reset_index(
        drop=True
    )


def _judgments_in(table: Table) -> pd.DataFrame:
    require(table, NEEDED, "AlpacaEval annotations")
    cells = table.cells
    rows = pd.DataFrame(
        {
            "model": names(table, "annotator") if "annotator" in cells else table.model,
            "generator": names(table, "generator_2"),
            "baseline": names(table, "generator_1"),
            "instruction": cells["instruction"],
            "text": cells["output_2"],
            "baseline_text": cells["output_1"],
            "preference": numbers(table, "preference"),
        },
        dtype=object,
    )
    rows = rows[rows["preference"].notna()]
    if rows.empty:
        raise RewardDataError(f"{table.file} has no preference in any row: give annotations of a judge that answered")
    rows = checked(rows, ANNOTATIONS, table, WRITTEN_AS)
    return rows.assign(preference=_shares(rows["preference"], table), file=table.file)


def _shares(preference: pd.Series, table: Table) -> pd.Series:
    """Preferences as shares from 0 to 1, whichever of the two scales the file uses."""
    from_one_to_two = preference.max() > 1 or preference.eq(1).all()
    shares = preference.replace(0, 1.5) - 1 if from_one_to_two else preference
    if (outside := ~shares.between(0, 1)).any():
        row = outside.idxmax()
        allowed = "from 1 to 2, or 0 for a draw" if from_one_to_two else "from 0 to 1"
        raise failure(table, row, "preference", f"{shown(preference.loc[row])} is not {allowed}; judge it again")
    return shares
