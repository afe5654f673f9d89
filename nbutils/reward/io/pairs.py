"""Scored pairs from a file or a folder of any format, as one table."""

import os
from pathlib import Path
from types import ModuleType

import pandas as pd

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io import judge_bench, plain, reward_bench, reward_bench_2, reward_math
from nbutils.reward.io.table import Table, ending_of, read_table

# Each tells by the cells whether a table is its own, and makes validated pairs of it.
FORMATS: tuple[ModuleType, ...] = (judge_bench, reward_math, reward_bench_2, reward_bench, plain)
TEXTS = ("chosen_text", "rejected_text")


def read_pairs(path: str | os.PathLike) -> pd.DataFrame:
    """Scored pairs of one or many reward models.

    Args:
        path: a file, or a folder with one model per file unless the data names its models, nested or not. JSON, JSON
            lines, CSV or Parquet, each also gzipped, in one of these formats, told apart by what they hold: a plain
            table, RewardBench, RewardBench 2, JudgeBench, RewardMATH. A model that the data does not name is called
            like its file, with the folder that it is in ("<organisation>/<model>") where the files are nested.

    Returns:
        One row per model and pair: `model` and `subset` (categories; "all" where no subset is given), `pair_id`
        (unique within a model), `prompt_id` (the unit of resampling), `chosen_score`, `rejected_score` (float64), and
        where the data has them `chosen_text`, `rejected_text` (categories, so that a text is held once however many
        models scored it) and any characteristic as `chosen_<name>`, `rejected_<name>` (float64).

    Raises:
        RewardDataError: names the file, row and column at fault, or every file of a folder that cannot be read.
    """
    root = Path(path)
    read = _each_file(root)
    _check_alike(read)
    rows = pd.concat([rows for _, _, rows in read], keys=[file for file, _, _ in read], names=["file", "row"])
    _check_unique(rows)
    _check_subsets(rows)
    strings = {name: rows[name].astype("str") for name in ("pair_id", "prompt_id")}
    categories = {name: rows[name].astype("str").astype("category") for name in ("model", "subset")}
    categories |= {name: shared_texts(rows[name]) for name in TEXTS if name in rows}
    first = ["model", "pair_id", "prompt_id", "subset", "chosen_score", "rejected_score"]
    return rows.assign(**categories, **strings)[[*first, *(name for name in rows if name not in first)]].reset_index(
        drop=True
    )


def _each_file(root: Path) -> list[tuple[str, ModuleType, pd.DataFrame]]:
    """Path, format and pairs of each file; every text is one object in all of them."""
    files, texts, read, failures = data_files(root), {}, [], []
    for file in files:
        try:
            table = read_table(file, model_named_by(file, root))
            kind = _format_of(table)
            rows = kind.pairs_in(table)
        except RewardDataError as error:
            failures.append(str(error))
            continue
        for column in rows.columns.intersection(TEXTS):
            once = [texts.setdefault(text, text) if isinstance(text, str) else None for text in rows[column]]
            rows[column] = pd.Series(once, index=rows.index, dtype=object)
        read.append((table.file, kind, rows))
    if len(failures) == 1:
        raise RewardDataError(failures[0])
    if failures:
        raise RewardDataError(f"{len(failures)} of {len(files)} files in {root} cannot be read: " + "; ".join(failures))
    return read


def data_files(root: Path) -> list[Path]:
    """The file itself, or all files below a folder that may hold data.

    Raises:
        RewardDataError: there is none.
    """
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise RewardDataError(f"{root} does not exist: give a file, or a folder of files")
    found = [file for file in sorted(root.rglob("*")) if file.is_file() and ending_of(file)]
    files = [file for file in found if not any(part.startswith(".") for part in file.relative_to(root).parts)]
    if not files:
        raise RewardDataError(f"{root} holds no .json, .jsonl, .csv, .tsv or .parquet file: give the folder that does")
    return files


def model_named_by(file: Path, root: Path) -> str:
    """The model that a file is named after: its stem, and before it the folder that it is in within a folder.

    A single file `eval-set-scores/<organisation>/<model>.json` is named as within `eval-set-scores`.
    """
    if root.is_file():
        above = file.resolve().parent.parent
        root = above if above.name.endswith("-scores") else file.resolve().parent
        file = file.resolve()
    parts = file.relative_to(root).parts
    return "/".join([*parts[-2:-1], parts[-1].removesuffix(ending_of(file))])


def _format_of(table: Table) -> ModuleType:
    cells = table.cells
    for kind in FORMATS:
        if kind.recognises(cells):
            return kind
    if {"generator", "generator_1"} & set(cells):
        raise RewardDataError(f"{table.file} holds AlpacaEval data, not pairs: give it to `read_responses`")
    raise RewardDataError(
        f"{table.file} is of no known format: a plain table needs {', '.join(plain.NEEDED)} and chosen_text and "
        f"rejected_text or chosen_chars and rejected_chars; found {', '.join(map(str, cells.columns))}"
    )


def _check_alike(read: list[tuple[str, ModuleType, pd.DataFrame]]) -> None:
    first, kind, rows = read[0]
    for file, other, more in read[1:]:
        if other is not kind:
            raise RewardDataError(f"{first} is {kind.NAME} and {file} is {other.NAME}: give a folder of one format")
        if different := sorted(set(rows) ^ set(more)):
            has, lacks = (first, file) if different[0] in rows else (file, first)
            raise RewardDataError(f"{has} has {different[0]} and {lacks} has not: give files with the same columns")


def _check_unique(rows: pd.DataFrame) -> None:
    repeated = rows.duplicated(["model", "pair_id"]).to_numpy()
    if repeated.any():
        model, pair_id = rows[["model", "pair_id"]].to_numpy()[repeated.argmax()]
        places = rows.index[(rows["model"] == model) & (rows["pair_id"] == pair_id)][:2]
        (first, row), (second, again) = places
        raise RewardDataError(
            f"pair '{pair_id}' of model '{model}' stands in {first}, row {row}, and in {second}, row {again}: "
            "drop one, or name the models in a column model"
        )


def _check_subsets(rows: pd.DataFrame) -> None:
    some_all = rows["subset"].eq("all").groupby(rows["model"]).agg(["any", "all"])
    if mixed := [*some_all.index[some_all["any"] & ~some_all["all"]]]:
        raise RewardDataError(
            f"model '{mixed[0]}' has pairs in a subset 'all' and in others: 'all' stands for every pair, so call it "
            "otherwise"
        )


def shared_texts(texts: pd.Series) -> pd.Categorical:
    """Texts of which equal ones are held once, as the Python strings that they are."""
    codes, different = pd.factorize(texts.to_numpy(dtype=object))
    return pd.Categorical.from_codes(codes, categories=pd.Index(different, dtype=object))
