"""Texts by the pieces of words in them, without a trained model."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer


class HashedNgrams:
    """Counts of groups of 3 to 5 letters within words, each added to or taken from a column of 384 that a hash picks.

    Rows have length 1. Texts are alike where they share pieces of words, whatever these mean.
    """

    name = "hashed-ngrams 1"
    width = 384

    def __init__(self):
        self._counts = HashingVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), n_features=self.width, norm="l2", dtype=np.float32
        )

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Rows float32 [n, 384]; zero for a text without a letter."""
        return self._counts.transform(texts).toarray()
