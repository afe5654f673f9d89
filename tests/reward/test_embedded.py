import numpy as np
import pandas as pd
import pytest

from nbutils.corpora import DOMAINS, Passage
from nbutils.models import ModelError, load_causal_lm
from nbutils.reward import embedded
from nbutils.reward.embedded import LONGEST, PROMPT_CHARACTERS, SHORTEST, corrupted_pairs, embedded_pairs
from nbutils.reward.scoring import log_likelihood

AVAILABLE = {"plays": 300, "code": 300, "docs": 300, "licences": 12, "names": 300}


@pytest.fixture
def made_passages(monkeypatch):
    """Passages of made-up words by domain, so that the installed packages are not read."""
    rng = np.random.default_rng(3)
    words = ["".join(rng.choice(list("abcdefgh"), size)) for size in rng.integers(1, 9, 500)]
    texts = {domain: [" ".join(rng.choice(words, 250)) for _ in range(count)] for domain, count in AVAILABLE.items()}

    def corpus(domain, split, characters):
        assert split == "held-out"
        return [Passage(domain, "made", text) for text in [*texts[domain], "too short", "-" * 600]]

    monkeypatch.setattr(embedded, "corpus", corpus)
    return texts


def test_chosen_continues_the_prompt_and_rejected_is_a_corruption_of_what_does(made_passages):
    table = corrupted_pairs(300, seed=0)
    for row in table.itertuples():
        assert len(row.prompt) == PROMPT_CHARACTERS
        [passage] = [text for text in made_passages[row.subset] if text.startswith(row.prompt)]
        rest = passage[PROMPT_CHARACTERS:]
        assert rest.startswith(row.chosen_text)
        genuine = rest[: len(row.rejected_text)]
        assert genuine != row.rejected_text
        changed = sum(a != b for a, b in zip(genuine.split(), row.rejected_text.split(), strict=True))
        assert changed <= 2 * max(1, round(row.severity * len(genuine.split())))
    for side in ("chosen", "rejected"):
        assert (table[f"{side}_chars"] == table[f"{side}_text"].str.len()).all()
        assert table[f"{side}_chars"].between(SHORTEST, LONGEST).all()


def test_lengths_tell_nothing_about_the_label(made_passages):
    table = corrupted_pairs(1000, seed=1)
    chosen, rejected = np.log(table["chosen_chars"]), np.log(table["rejected_chars"])
    longer = (chosen > rejected).sum() / (chosen != rejected).sum()
    assert abs(longer - 0.5) < 4 * np.sqrt(0.25 / 1000)
    assert abs(np.corrcoef(chosen, rejected)[0, 1]) < 4 / np.sqrt(1000)
    assert abs(chosen.mean() - rejected.mean()) < 4 * chosen.std() * np.sqrt(2 / 1000)
    assert chosen.mean() == pytest.approx(np.log(SHORTEST * LONGEST) / 2, abs=0.1)


def test_domains_share_alike_and_the_short_one_gives_all(made_passages):
    table = corrupted_pairs(412, seed=0)
    assert table["subset"].value_counts().to_dict() == {
        "plays": 100,
        "code": 100,
        "docs": 100,
        "licences": 12,
        "names": 100,
    }
    assert list(table["subset"].unique()) == list(DOMAINS)
    assert table["pair_id"].is_unique
    assert table["prompt"].is_unique
    assert (table["pair_id"] == table["prompt_id"]).all()


def test_the_seed_decides(made_passages):
    first = corrupted_pairs(40, seed=0)
    pd.testing.assert_frame_equal(corrupted_pairs(40, seed=0), first)
    for column in ("prompt", "chosen_text", "rejected_text"):
        assert not corrupted_pairs(40, seed=1)[column].equals(first[column])


def test_further_passages_leave_the_pairs_of_the_others_as_they_are(made_passages):
    first = corrupted_pairs(100, seed=0)
    made_passages["licences"] += made_passages["plays"][:5]
    again = corrupted_pairs(100, seed=0)
    texts = ["prompt", "chosen_text", "rejected_text"]
    others = first["subset"] != "licences"
    assert len(first[others].merge(again, on=texts)) >= others.sum() - 5


@pytest.mark.parametrize("pairs", [0, 1213])
def test_more_pairs_than_passages(made_passages, pairs):
    with pytest.raises(ValueError, match=f"pairs={pairs} has to be between 1 and 1212"):
        corrupted_pairs(pairs, seed=0)


def test_scores_are_log_likelihoods_under_the_model_that_is_named(made_passages):
    table = embedded_pairs("dense-parent", pairs=10, seed=0)
    loaded = load_causal_lm("dense-parent", device="cpu")
    for side in ("chosen", "rejected"):
        expected = log_likelihood(loaded, list(table["prompt"]), list(table[f"{side}_text"]))
        assert table[f"{side}_score"].tolist() == pytest.approx(expected["log_likelihood"].tolist(), rel=1e-5)
        assert table[f"{side}_tokens"].tolist() == expected["tokens"].tolist()
    assert (table["model"] == "dense-parent").all()
    with pytest.raises(ModelError, match="no-such-model"):
        embedded_pairs("no-such-model", pairs=1)


@pytest.mark.slow
def test_the_default_has_a_length_bias_that_costs_accuracy():
    table = embedded_pairs(pairs=200)
    right = table["chosen_score"] > table["rejected_score"]
    per_token = table["chosen_score"] / table["chosen_tokens"] > table["rejected_score"] / table["rejected_tokens"]
    assert 0.6 < right.mean() < 0.85
    assert per_token.mean() > right.mean() + 0.1
    shorter = table["chosen_chars"] < table["rejected_chars"]
    assert right[shorter].mean() > right[~shorter].mean() + 0.3
