import pytest
import torch

from nbutils.corpora import Batch, TextError
from nbutils.moe.in_turn import passages_apart, windows, windows_by_source


@pytest.fixture
def texts(tmp_path):
    for name in ("own", "other"):
        passages = (f"Words of passage {i} of the {name} text. " * 20 for i in range(6))
        (tmp_path / f"{name}.txt").write_text("\n\n".join(passages))
    (tmp_path / "short.txt").write_text("One line.")
    return tmp_path


def test_sources_stay_apart_and_their_passages_are_numbered_through(loaded, texts):
    sources = f"{texts / 'own.txt'}, {texts / 'other.txt'}"

    made = windows_by_source(loaded(), sources, 2000, 50, 4)

    assert list(made) == sources.split(", ")
    own, other = (torch.cat([batch.sequence for batch in part]) for part in made.values())
    assert not set(own.tolist()) & set(other.tolist())
    tokens = [sum(int(batch.attention_mask.sum()) for batch in part) for part in made.values()]
    assert tokens == [1000, 1000]


def test_a_single_passage_is_refused(loaded, texts):
    with pytest.raises(TextError, match="a single passage"):
        windows(loaded(), str(texts / "short.txt"), 500, 50, 4)


def test_halves_share_no_passage_and_lose_no_token(padded_batches):
    halves = passages_apart(padded_batches)

    numbers = [{int(number) for batch in half for number in batch.sequence} for half in halves]
    assert numbers == [set(range(0, 12, 2)), set(range(1, 12, 2))]
    tokens = [batch.input_ids[batch.attention_mask.bool()] for half in halves for batch in half]
    whole = [batch.input_ids[batch.attention_mask.bool()] for batch in padded_batches]
    assert torch.cat(tokens).sort().values.tolist() == torch.cat(whole).sort().values.tolist()
    assert all(batch.attention_mask.any(0).all() for half in halves for batch in half)
    assert all(len(batch.domains) == len(batch.sequence) for half in halves for batch in half)


def test_a_half_without_passages_has_no_batch():
    ones = torch.ones(1, 3, dtype=torch.long)

    assert passages_apart([Batch(ones, ones, torch.tensor([4]), ("x",))])[1] == []
