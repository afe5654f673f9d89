"""Trains the embedded scorer on features of generated films, and the variants that lack a part of it."""

import time
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import pandas as pd

from nbutils.video.annotations.tables import Annotations
from nbutils.video.features.features import MODALITIES, Features
from nbutils.video.features.folder import read_features
from nbutils.video.film.films import SCENES
from nbutils.video.film.writing import annotations_of
from nbutils.video.model.config import ScorerConfig, scorer_config
from nbutils.video.model.network import ClipScorer
from nbutils.video.training.data import WindowData, annotated_windows
from nbutils.video.training.loop import train_scorer
from nbutils.video.training.recipe import Recipe

RECIPE = Recipe(epochs=24, batch_size=4)
WIDTHS = {"visual": 128, "audio": 136, "text": 384}


@dataclass(frozen=True)
class Variant:
    """What differs from the scorer that is shipped: fields of its configuration and recipe, and what it may look at."""

    name: str
    config: dict[str, float] = field(default_factory=dict)
    recipe: dict[str, float] = field(default_factory=dict)
    modalities: tuple[str, ...] = MODALITIES

    def of(self, features: Features) -> Features:
        """The features without the modalities that the variant does not look at."""
        return replace(features, **{name: None for name in MODALITIES if name not in self.modalities})


WHOLE = Variant("whole")
VARIANTS = (
    WHOLE,
    Variant("no local mixing", config={"local_seconds": 1}),
    Variant("no alignment loss", recipe={"alignment": 0.0}),
    Variant("ten times the alignment loss", recipe={"alignment": 0.1}),
    *(Variant(f"{name} alone", modalities=(name,)) for name in MODALITIES),
)


def train_variant(variant: Variant, seed: int, films: Path, folder: Path) -> tuple[ClipScorer, dict[str, object]]:
    """Trains one variant.

    Args:
        variant: what to train.
        seed: of the recipe.
        films: with the folders `training` and `validation` that `films.make_features` made.
        folder: of the checkpoint.

    Returns:
        The scorer of the best epoch, and the record: recipe, processor seconds and the losses of each epoch.
    """
    config = scorer_config("small", **WIDTHS | variant.config)
    recipe = replace(RECIPE, seed=seed, **variant.recipe)
    data = [_data(films / part, variant, config) for part in ("training", "validation")]
    start = time.process_time()
    scorer, history = train_scorer(config, *data, folder, recipe)
    record = {
        "parameters": scorer.parameter_count(),
        "training_films": len(data[0]),
        "validation_films": len(data[1]),
        "recipe": asdict(recipe),
        "cpu_seconds": round(time.process_time() - start),
        "epochs": history.round(5).to_dict("records"),
    }
    return scorer, record


def film_annotations(folder: Path) -> Annotations:
    """The planted highlights of a folder of films."""
    return annotations_of(pd.read_csv(folder / SCENES))


def _data(folder: Path, variant: Variant, config: ScorerConfig) -> WindowData:
    annotations = film_annotations(folder)
    features = {video: variant.of(read_features(folder, video)) for video in annotations.windows["video_id"]}
    return WindowData(annotated_windows(annotations), partial(features.__getitem__), config)
