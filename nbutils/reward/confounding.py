"""Does the label go together with a characteristic, so that removing the characteristic removes the signal as well?"""

from typing import NamedTuple

import pandas as pd

from nbutils.reward.accuracy import shares_by_subset
from nbutils.reward.errors import RewardDataError

FEWEST_PAIRS = 20
# How far from 1/2 the whole interval of the share has to lie. At 1/2 the two are independent; at 0.6 a rule that looks
# at nothing but the characteristic is right in three pairs of five.
LEAST_DEPARTURE = 0.1
WORDS = {"chars": ("longer one", "shorter one"), "words": ("longer one", "shorter one")}
NAMES = {"chars": "length", "words": "length"}
FIRED = (
    "Where the two go together a calibration cannot tell signal from bias: a gain or loss here is evidence of neither"
)
NEAR_CHANCE = "That is close to chance: a gain or loss here is not the label going with {}"
UNDECIDED = "More pairs would be needed to say that the label goes with {}, or that it does not"


def confounding(pairs: pd.DataFrame, characteristic: str = "chars") -> pd.DataFrame:
    """How often the chosen answer has more of a characteristic, by subset, and whether that is a reason for caution.

    Scores play no part. A pair that several models scored counts once. `confounded` holds when there are at least 20
    pairs that differ in the characteristic and the whole 95 % interval of `share` lies below 0.4 or above 0.6. Where
    label and characteristic are independent, this holds by chance in fewer than 1 % of subsets.

    Args:
        pairs: one row per `model` and `pair_id`, with `prompt_id`, `subset`, `chosen_<characteristic>` and
            `rejected_<characteristic>`.
        characteristic: name of a column without its prefix.

    Returns:
        One row per subset, and one for all pairs ("all"): `subset`, `characteristic`, `n` (different pairs), `equal`
        (pairs with the same value on both sides), `share` (of the pairs that differ, those whose chosen answer has
        more), `low` and `high` (95 %, see `clustered_shares`), `more_is_right` and `less_is_right` (accuracy over all
        pairs of always preferring the answer with more, or less, of it), `chance` (1/2), `confounded`, `sentence`.

    Raises:
        RewardDataError: a column of the characteristic is missing.
    """
    columns = [f"chosen_{characteristic}", f"rejected_{characteristic}"]
    for column in columns:
        if column not in pairs:
            raise RewardDataError(f"pairs have no column {column!r}: add it, or the texts to compute it from.")
    rows = pairs[["subset", "pair_id", "prompt_id", *columns]].drop_duplicates(["subset", "pair_id", *columns])
    more, less = rows[columns[0]] > rows[columns[1]], rows[columns[0]] < rows[columns[1]]
    rows = rows.assign(hit=more.astype(float), more=more, less=less, differ=more | less)
    every = shares_by_subset(rows, [], count=["more", "less"])
    differing = shares_by_subset(rows[rows["differ"]], []).set_index("subset").reindex(every["subset"])
    share, low, high = (differing[column].to_numpy() for column in ("share", "low", "high"))
    beyond = (low > 0.5 + LEAST_DEPARTURE) | (high < 0.5 - LEAST_DEPARTURE)
    table = pd.DataFrame(
        {
            "subset": every["subset"],
            "characteristic": characteristic,
            "n": every["n"],
            "equal": every["n"] - every["more"] - every["less"],
            "share": share,
            "low": low,
            "high": high,
            "more_is_right": every["more"] / every["n"],
            "less_is_right": every["less"] / every["n"],
            "chance": 0.5,
            "confounded": beyond & (differing["n"].to_numpy() >= FEWEST_PAIRS),
        }
    )
    return table.assign(sentence=[_sentence(row) for row in table.itertuples()])


def _sentence(row: NamedTuple) -> str:
    """What one row of the table says about a calibration of this subset."""
    name = "all pairs" if row.subset == "all" else row.subset
    differing = row.n - row.equal
    if differing < FEWEST_PAIRS:
        return (
            f"{name}: {differing} pairs that differ in {row.characteristic} are too few to tell; "
            f"{FEWEST_PAIRS} are needed."
        )
    more, less = WORDS.get(
        row.characteristic, (f"one with more {row.characteristic}", f"one with less {row.characteristic}")
    )
    word, share, low, high = more, row.share, row.low, row.high
    if share < 0.5:
        word, share, low, high = less, 1 - share, 1 - high, 1 - low
    meaning = FIRED if row.confounded else NEAR_CHANCE if high <= 0.5 + LEAST_DEPARTURE else UNDECIDED
    return (
        f"{name}: the chosen answer is the {word} in {share:.0%} of {differing} pairs [{low:.0%}, {high:.0%}], and "
        f"always preferring that one is right in {max(row.more_is_right, row.less_is_right):.0%}. "
        f"{meaning.format(NAMES.get(row.characteristic, row.characteristic))}."
    )
