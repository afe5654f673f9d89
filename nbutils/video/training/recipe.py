"""How a clip scorer is trained."""

import math
from dataclasses import dataclass

from nbutils.video.errors import VideoError


@dataclass(frozen=True)
class Recipe:
    """Settings of a training; the defaults suit the small size on a CPU.

    The paper trains 82.6 M parameters for 50 epochs, 5 of them warm-up, in batches of 16 at a learning rate of 1e-4.

    Attributes:
        epochs: passes over the training windows.
        batch_size: windows a step.
        learning_rate: after the warm-up; a cosine takes it to a twentieth.
        warm_up: share of all steps in which the learning rate rises.
        weight_decay: of AdamW.
        focal, diou, alignment: weights of the losses; the first two are the paper's. Ten times the alignment
            loses matched mAP on the generated films.
        modality_dropout: chance that a modality of a window is hidden in a step, one always stays; it teaches the
            network to do without.
        clip_norm: largest norm of the gradient.
        seed: of the first weights, the order of the windows and the hidden modalities.

    Raises:
        VideoError: a number that no training can be done with.
    """

    epochs: int = 30
    batch_size: int = 8
    learning_rate: float = 1e-3
    warm_up: float = 0.1
    weight_decay: float = 0.01
    focal: float = 0.2
    diou: float = 0.8
    alignment: float = 0.01
    modality_dropout: float = 0.15
    clip_norm: float = 1.0
    seed: int = 0

    def __post_init__(self):
        for name, lowest in (("epochs", 1), ("batch_size", 1), ("seed", 0)):
            if getattr(self, name) < lowest:
                raise VideoError(f"{name} of a training is {getattr(self, name)}: choose {lowest} or more")
        if not 0 < self.learning_rate < math.inf:
            raise VideoError(f"learning_rate of a training is {self.learning_rate:g}: choose a number above 0")


PAPER_RECIPE = Recipe(epochs=50, batch_size=16, learning_rate=1e-4, weight_decay=1e-4)
