import numpy as np

from nbutils.moe.routing import token_counts
from nbutils.moe.routing.token_counts import TokenCounter
from tests.moe.routing.made import token_counts as counted


def test_merging_in_any_portions_is_counting_once(monkeypatch):
    monkeypatch.setattr(token_counts, "FEWEST_BUFFERED", 50)
    generator = np.random.default_rng(0)
    ids, fold = generator.integers(0, 150_000, 400) % 70, generator.integers(0, 25, 400)
    chosen = generator.permuted(np.tile(np.arange(9), (400, 1)), axis=1)[:, :3]
    counter = TokenCounter(9, 25)
    for part in np.array_split(np.arange(400), 37):
        counter.add(ids[part], chosen[part], fold[part])

    collected, expected = counter.collected(), counted(chosen, ids, fold)

    for name in ("token", "expert", "fold", "count"):
        np.testing.assert_array_equal(getattr(collected, name), getattr(expected, name))


def test_what_is_kept_follows_what_occurs_not_the_number_of_tokens():
    counter = TokenCounter(4, 25)
    for _ in range(50):
        counter.add(
            np.zeros(10_000, dtype=np.int64), np.zeros((10_000, 1), dtype=np.int64), np.zeros(10_000, dtype=int)
        )

    assert sum(map(len, counter.waiting)) + len(counter.keys) <= token_counts.FEWEST_BUFFERED
    assert counter.collected().count.tolist() == [500_000]


def test_nothing_added():
    assert len(TokenCounter(4, 25).collected().count) == 0
