"""Pairs whose better half is known, from text that pip installs, scored by an embedded language model.

Each pair continues the beginning of one held-out passage of `nbutils.corpora` (a subset for each of its five domains):
chosen is a stretch of the passage as its author wrote it, rejected a stretch from the same place that was corrupted.
The lengths of the two are drawn independently from one distribution, and corruption keeps the length: length says
nothing about which is better. The score is the log-likelihood of the stretch given the beginning under a model of
`data/`, which never saw the passage. It falls with every further token: a real scorer with a real length bias.
"""

import numpy as np
import pandas as pd

from nbutils.corpora import DOMAINS, corpus
from nbutils.corpora.passages import hash_name
from nbutils.models import load_causal_lm
from nbutils.reward.corruption import CHANGES, corrupt, words_by_length
from nbutils.reward.scoring import log_likelihood

PROMPT_CHARACTERS = 120
SHORTEST, LONGEST = 50, 400  # characters of a stretch
NEEDED = PROMPT_CHARACTERS + LONGEST
SEVERITIES = (0.05, 0.15, 0.4)  # share of the words changed


def embedded_pairs(
    model: str = "moe-scratch", pairs: int = 600, seed: int = 0, *, device: str = "auto"
) -> pd.DataFrame:
    """Pairs of a genuine and a corrupted stretch with their log-likelihood as score.

    Args:
        model: an embedded model, or another causal language model that `load_causal_lm` takes.
        pairs: their number; at most one for each held-out passage that is long enough.
        seed: draws passages, lengths and corruptions; with the same installed packages it gives the same texts.
        device: as for `load_causal_lm`.

    Returns:
        One row per pair: `model`, `pair_id`, `prompt_id` (the same, as each pair has its own passage), `subset` (the
        domain), `chosen_score` and `rejected_score` (log-likelihood in nats), `chosen_text` and `rejected_text`,
        `chosen_chars` and `rejected_chars`, `chosen_tokens` and `rejected_tokens`, `prompt`, `corruption` ("swapped",
        "shuffled" or "foreign") and `severity` (share of words changed).

    Raises:
        ValueError: `pairs` is below 1 or more than there are passages.
        ModelError: the model cannot be loaded.
    """
    texts = corrupted_pairs(pairs, seed)
    # "eager" is the fastest on a CPU for experts this small.
    loaded = load_causal_lm(model, device=device, experts_implementation="eager")
    both = pd.concat([texts["chosen_text"], texts["rejected_text"]])
    scored = log_likelihood(loaded, [*texts["prompt"], *texts["prompt"]], list(both))
    for side, rows in (("chosen", slice(0, pairs)), ("rejected", slice(pairs, None))):
        texts[f"{side}_score"] = scored["log_likelihood"].to_numpy()[rows]
        texts[f"{side}_tokens"] = scored["tokens"].to_numpy(dtype=float)[rows]
    texts.insert(0, "model", pd.Categorical([loaded.name] * pairs))
    return texts


def corrupted_pairs(pairs: int, seed: int) -> pd.DataFrame:
    """The texts of `embedded_pairs`, without scores: the columns that do not depend on the model.

    Each passage has its own random numbers, so that packages installed beside, whose licences join the corpus, change
    few of the pairs.
    """
    passages = {domain: [p.text for p in corpus(domain, "held-out", NEEDED)] for domain in DOMAINS}
    usable = {domain: {text for text in texts if _is_usable(text)} for domain, texts in passages.items()}
    counts = _counts(pairs, {domain: len(texts) for domain, texts in usable.items()})
    rows = []
    for domain, count in counts.items():
        vocabulary = words_by_length(passages[domain])
        drawn = {hash_name(f"{seed} {text}"): text for text in usable[domain]}
        for number, key in enumerate(sorted(drawn)[:count]):
            row = {"pair_id": f"{domain}-{number:04}", "subset": domain}
            rows.append(row | _pair(drawn[key], vocabulary, np.random.default_rng(key)))
    table = pd.DataFrame(rows)
    table.insert(1, "prompt_id", table["pair_id"])
    for column in ("subset", "corruption"):
        table[column] = table[column].astype("category")
    for side in ("chosen", "rejected"):
        table[f"{side}_chars"] = table[f"{side}_text"].str.len().astype(float)
    return table


def _is_usable(passage: str) -> bool:
    """Long enough, and even its shortest stretch has two words that can change places."""
    whole_words = passage[PROMPT_CHARACTERS : PROMPT_CHARACTERS + SHORTEST].split()[:-1]
    return len(passage) >= NEEDED and len(set(whole_words)) > 1


def _counts(pairs: int, available: dict[str, int]) -> dict[str, int]:
    """Equal shares, and what a domain with too few passages leaves is shared among the others."""
    if not 1 <= pairs <= sum(available.values()):
        raise ValueError(
            f"pairs={pairs} has to be between 1 and {sum(available.values())}, the number of usable held-out passages"
        )
    counts, left = {}, pairs
    for rank, domain in enumerate(sorted(available, key=available.get)):
        counts[domain] = min(available[domain], left // (len(available) - rank))
        left -= counts[domain]
    return {domain: counts[domain] for domain in available}


def _pair(passage: str, vocabulary: dict[int, list[str]], rng: np.random.Generator) -> dict[str, object]:
    prompt, rest = passage[:PROMPT_CHARACTERS], passage[PROMPT_CHARACTERS:]
    chosen, genuine = (rest[: _length(rng)] for _ in range(2))
    severity = rng.choice(SEVERITIES)
    for kind in rng.permutation(list(CHANGES)):  # where the stretch has nothing to shuffle or to replace, another
        rejected = corrupt(genuine, kind, severity, vocabulary, rng)
        if rejected != genuine:
            break
    return {
        "prompt": prompt,
        "chosen_text": chosen,
        "rejected_text": rejected,
        "corruption": kind,
        "severity": severity,
    }


def _length(rng: np.random.Generator) -> int:
    """Log-uniform, as lengths of responses are skewed."""
    return round(np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST))))
