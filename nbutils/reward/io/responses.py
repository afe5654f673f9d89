"""Scored outputs of many generators to the same instructions, as AlpacaEval keeps them, for ranking by reward."""

import os
from pathlib import Path

import pandas as pd

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import data_files, shared_texts
from nbutils.reward.io.table import Table, ending_of, models, names, numbers, read_table, require, shown
from nbutils.reward.io.validation import OUTPUTS, SCORES, checked

OUTPUT = "AlpacaEval outputs"
PREFIX = "model_outputs_"


def read_responses(outputs: str | os.PathLike, scores: str | os.PathLike | None = None) -> pd.DataFrame:
    """Outputs with the rewards that they got.

    Args:
        outputs: an AlpacaEval `model_outputs.json` (instruction, output, generator) or a folder of such, nested or not,
            in which files of other kinds are passed over.
        scores: a table with columns generator, instruction, score and where several reward models scored them model, or
            a folder of such, one reward model per file. None: the outputs have a column score themselves; their reward
            model is named by a column model, or by the file's name `model_outputs_<model>.json`.

    Returns:
        One row per reward model, generator and instruction: `model`, `generator` (categories), `instruction_id` (the
        number of the instruction in order of appearance; one asked twice has two), `score`, `chars` (characters of the
        output; float64), `text` (category).

    Raises:
        RewardDataError: names the file, row and column at fault, or what is not scored.
    """
    tables = [table for table in tables_in(outputs) if {"instruction", "output"} <= set(table.cells)]
    if not tables:
        raise RewardDataError(f"{outputs} holds no {OUTPUT}: give objects with instruction, output and generator")
    unscored = [table for table in tables if "score" not in table.cells]
    if scores is not None:
        texts = numbered(pd.concat(map(_outputs_in, unscored or tables), ignore_index=True), ["generator"])
        rows = _joined(texts, pd.concat(map(_scores_of, tables_in(scores)), ignore_index=True), scores)
    elif len(unscored) < len(tables):
        parts = [_outputs_in(table).assign(**_scores_in(table)) for table in tables if "score" in table.cells]
        rows = numbered(pd.concat(parts, ignore_index=True), ["model", "generator"])
    else:
        raise RewardDataError(f"the outputs in {outputs} have no score: add it to them, or give a table of scores")
    return rows.assign(
        model=rows["model"].astype("str").astype("category"),
        generator=rows["generator"].astype("str").astype("category"),
        chars=rows["text"].map(len).astype(float),
        text=shared_texts(rows["text"]),
    )[["model", "generator", "instruction_id", "score", "chars", "text"]].reset_index(drop=True)


def tables_in(path: str | os.PathLike) -> list[Table]:
    """Every data file of a folder, or the file itself, with the model that its name names."""
    files = data_files(Path(path))
    return [read_table(file, file.name.removesuffix(ending_of(file)).removeprefix(PREFIX)) for file in files]


def numbered(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Rows with `instruction_id`, the number of the instruction in order of appearance; one asked twice has two.

    Args:
        rows: with `instruction`, `file` and the columns `by`, of which equal values are to be in one file.
        by: what answers every instruction once.

    Raises:
        RewardDataError: two files answer the same instructions for the same `by`.
    """
    files = rows.groupby(by, sort=False)["file"].unique()
    if (several := files[files.map(len) > 1]).size:
        raise RewardDataError(
            f"{' and '.join(several.iloc[0][:2])} both hold {' and '.join(by)} {shown(several.index[0])}: "
            "leave one out, or name them differently"
        )
    again = rows.groupby([*by, "instruction"], sort=False).cumcount()
    numbers = pd.factorize(pd.MultiIndex.from_arrays([rows["instruction"], again]))[0]
    return rows.assign(instruction_id=pd.Series(numbers, index=rows.index).astype("str"))


def _outputs_in(table: Table) -> pd.DataFrame:
    require(table, ("instruction", "output", "generator"), OUTPUT)
    cells = table.cells
    rows = pd.DataFrame(
        {"generator": names(table, "generator"), "instruction": cells["instruction"], "text": cells["output"]},
        dtype=object,
    )
    return checked(rows, OUTPUTS, table, {"text": "output"}).assign(file=table.file)


def _scores_of(table: Table) -> pd.DataFrame:
    require(table, ("generator", "instruction", "score"), "scores of AlpacaEval outputs")
    rows = pd.DataFrame({"generator": names(table, "generator"), "instruction": table.cells["instruction"]})
    return rows.assign(**_scores_in(table))


def _scores_in(table: Table) -> pd.DataFrame:
    rows = pd.DataFrame({"model": models(table), "score": numbers(table, "score")}, dtype=object)
    return checked(rows, SCORES, table, {})


def _joined(texts: pd.DataFrame, scores: pd.DataFrame, path: str | os.PathLike) -> pd.DataFrame:
    """Scores with their outputs: for each reward model all outputs of the generators that it scored."""
    key = ["generator", "instruction", "again"]
    scores = scores.assign(again=scores.groupby(["model", *key[:-1]], sort=False).cumcount())
    texts = texts.assign(again=texts.groupby(key[:-1], sort=False).cumcount())
    rows = scores.merge(texts, on=key, how="left")
    if (lost := rows["text"].isna()).any():
        generator, instruction = rows.loc[lost.idxmax(), ["generator", "instruction"]]
        raise RewardDataError(
            f"{path} scores an output of generator '{generator}' that is not among the outputs, for the instruction "
            f"{shown(instruction)}: give the outputs that were scored"
        )
    found = rows.groupby(["model", "generator"], sort=False, as_index=False).agg(scored=("text", "size"))
    found["outputs"] = found["generator"].map(texts["generator"].value_counts())
    if (short := found["scored"] < found["outputs"]).any():
        model, generator, scored, outputs = found.loc[short.idxmax()]
        raise RewardDataError(
            f"{path} has scores of model '{model}' for {scored} of {outputs} outputs of generator '{generator}': "
            "score all of them, or none"
        )
    return rows
