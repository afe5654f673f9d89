"""How often each expert was chosen for each token of the vocabulary, kept for what occurred only."""

from dataclasses import dataclass, field

import numpy as np

FEWEST_BUFFERED = 2**18


@dataclass(frozen=True)
class TokenCounts:
    """Counts of one layer in rows that are sorted by token, expert and fold of passages.

    Attributes:
        token: [n] int32 vocabulary number.
        expert: [n] int16.
        fold: [n] int8.
        count: [n] int32 occurrences of the token in the fold for which the expert was chosen.
    """

    token: np.ndarray
    expert: np.ndarray
    fold: np.ndarray
    count: np.ndarray


@dataclass
class TokenCounter:
    """Collects triples of token, expert and fold.

    Memory follows the number of different triples, which is at most tokens x top-k and grows ever more slowly. Triples
    are merged when as many wait as there are, so that the work of merging does not grow with the number of batches.
    """

    experts: int
    folds: int
    keys: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    waiting: list[np.ndarray] = field(default_factory=list)

    def add(self, token: np.ndarray, experts: np.ndarray, fold: np.ndarray) -> None:
        """Adds the chosen experts [T, k] of tokens [T] in folds [T]."""
        self.waiting.append(((token[:, None] * self.experts + experts) * self.folds + fold[:, None]).ravel())
        if sum(map(len, self.waiting)) > max(FEWEST_BUFFERED, len(self.keys)):
            self._merge()

    def collected(self) -> TokenCounts:
        """All that was added."""
        self._merge()
        pairs, fold = np.divmod(self.keys, self.folds)
        token, expert = np.divmod(pairs, self.experts)
        return TokenCounts(
            token.astype(np.int32), expert.astype(np.int16), fold.astype(np.int8), self.counts.astype(np.int32)
        )

    def _merge(self) -> None:
        new, counts = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *self.waiting]), return_counts=True)
        self.waiting.clear()
        self.keys, position = np.unique(np.concatenate([self.keys, new]), return_inverse=True)
        weights = np.concatenate([self.counts, counts])
        self.counts = np.zeros(len(self.keys), dtype=np.int64)
        np.add.at(self.counts, position, weights)
