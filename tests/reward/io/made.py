"""Small files in each format."""

import gzip
import json

PLAIN = [
    {
        "pair_id": f"p{i}",
        "subset": "chat" if i < 2 else "code",
        "chosen_score": i + 0.5,
        "rejected_score": 1.0,
        "chosen_text": f"chosen — {i}, «ü»",
        "rejected_text": 'said "no",\nthen left',
    }
    for i in range(4)
]

REWARD_BENCH = [
    {
        "id": i % 2,
        "subset": "hep-cpp" if i < 2 else "alpacaeval-easy",
        "text_chosen": f"<|user|>\nWhat is {i}?</s>\n<|assistant|>\nIt is {i}.</s>\n",
        "text_rejected": f"<|user|>\nWhat is {i}?</s>\n<|assistant|>\nNo idea</s>\n",
        "scores_chosen": [i + 1.5],
        "scores_rejected": [2.5],
        "results": int(i + 1.5 > 2.5),
    }
    for i in range(4)
]


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return path


def write_json_lines(path, records):
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")
    return path


def gzipped(path):
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def as_columns(records, **scalars):
    return {name: [record[name] for record in records] for name in records[0]} | scalars
