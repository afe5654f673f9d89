"""Which films there are, and how one becomes features."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbutils.progress import progress
from nbutils.video.features.compute import features_of
from nbutils.video.features.folder import write_features
from nbutils.video.film.script import Script, write_script
from nbutils.video.film.topics import HELDOUT_TOPICS, SHOWN_TOPIC, TRAINING_TOPICS, VALIDATION_TOPICS, Topic
from nbutils.video.film.voice import speaker
from nbutils.video.film.writing import captions_of, scenes_of, write_film

SCENES = "scenes.csv"


class Order(NamedTuple):
    """What decides a film, see `script.write_script`."""

    name: str
    topic: Topic
    seconds: float
    number: int
    unseen: bool

    def script(self) -> Script:
        """The film's script."""
        return write_script(self.name, self.topic, self.seconds, self.number, speaker(), unseen=self.unseen)


SHOWN = Order("film", SHOWN_TOPIC, 280, 4000, True)


def training_orders(count: int = 72) -> list[Order]:
    """Films of 150 to 240 s."""
    return _orders("training", TRAINING_TOPICS, np.linspace(140, 230, count), 1000, unseen=False)


def validation_orders(count: int = 8) -> list[Order]:
    """Films by which the epoch is chosen, of other topics."""
    return _orders("validation", VALIDATION_TOPICS, np.full(count, 170.0), 2000, unseen=False)


def heldout_orders(count: int = 16) -> list[Order]:
    """Films of about 150 s whose topics, sentences, voices and colours are in no other set."""
    return _orders("heldout", HELDOUT_TOPICS, np.full(count, 135.0), 3000, unseen=True)


def make_features(orders: Sequence[Order], folder: Path, processes: int = 2) -> None:
    """Makes films, computes their features from the encoded files, and keeps those and `scenes.csv` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        made = pool.map(partial(_make_one, folder=folder), orders)
        scenes = list(progress(made, f"making films of {folder.name}"))
    pd.concat(scenes).to_csv(folder / SCENES, index=False, lineterminator="\n")


def _orders(name: str, topics: Sequence[Topic], seconds: np.ndarray, first_number: int, *, unseen: bool) -> list[Order]:
    return [
        Order(
            f"{name}-{i:02d}-{topics[i % len(topics)].name}", topics[i % len(topics)], length, first_number + i, unseen
        )
        for i, length in enumerate(seconds)
    ]


def _make_one(order: Order, folder: Path) -> pd.DataFrame:
    script = order.script()
    with tempfile.TemporaryDirectory() as temporary:
        video = Path(temporary) / f"{order.name}.mp4"
        write_film(script, video)
        write_features(features_of(video, captions_of(script)), folder)
    return scenes_of(script)
