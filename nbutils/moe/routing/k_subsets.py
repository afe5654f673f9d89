"""Choices of k of E experts that know nothing but the loads: the null of everything that asks who is chosen with whom.

Conditional Bernoulli distribution (Chen, Dempster and Liu 1994): of all distributions over sets of k experts with given
inclusion probabilities it has the largest entropy, P(S) ~ product of the weights of S. It is also where shuffling a
table of tokens by experts ends, when each token keeps its number of experts and each expert its number of tokens.
Drawing k experts one after the other, or the k largest of noisy scores, has other pair probabilities, by a few per cent
where loads are uneven.
"""

import numpy as np

STEPS = 80
SMALLEST = 1e-9  # inclusion probabilities nearer to 0 or 1 are moved here, where weights stay finite


def subset_weights(inclusion: np.ndarray, k: int) -> np.ndarray:
    """Weights [..., E] for which experts are included with these probabilities [..., E], which sum to k.

    Half of the error in the log odds goes in each step. For k = E every set is the whole one and weights do not matter.
    """
    wanted = np.clip(np.asarray(inclusion, dtype=float), SMALLEST, 1 - SMALLEST)
    weights = wanted / (1 - wanted)
    if k == wanted.shape[-1]:
        return np.ones_like(wanted)
    target = np.log(weights)
    for _ in range(STEPS):
        with_it, without_it = _sums_around(weights, k)
        step = target - np.log(weights * with_it / without_it)
        weights = weights * np.exp(step / 2)
        weights /= np.exp(np.log(weights).mean(-1, keepdims=True))
    return weights


def pair_inclusion(inclusion: np.ndarray, k: int) -> np.ndarray:
    """Probability [..., E, E] that both experts of a pair are among the k; the diagonal is `inclusion` itself."""
    inclusion = np.asarray(inclusion, dtype=float)
    experts = inclusion.shape[-1]
    pairs = np.zeros((*inclusion.shape, experts))
    if k == experts:
        return pairs + 1.0
    if k > 1:
        weights = subset_weights(inclusion, k)
        after = _suffix_sums(weights, k)
        # Row i: elementary symmetric sums of all experts before the column but i.
        without_row = np.zeros((*inclusion.shape, k + 1))
        without_row[..., 0] = 1.0
        for j in range(experts):
            rest = np.einsum("...im,...m->...i", without_row[..., : k - 1], after[j + 1][..., k - 2 :: -1])
            pairs[..., :j, j] = (rest * weights)[..., :j] * weights[..., j, None]
            extended = _times(without_row, weights[..., j, None])
            extended[..., j, :] = without_row[..., j, :]
            without_row = extended
        pairs /= after[0][..., k, None, None]
        pairs += np.swapaxes(pairs, -1, -2)
    diagonal = np.arange(experts)
    pairs[..., diagonal, diagonal] = inclusion
    return pairs


def sampled_counts(inclusion: np.ndarray, k: int, tokens: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """How often each expert is chosen when so many tokens choose k experts each, independently of each other.

    Exact for any number of tokens: expert after expert, the tokens that still have r experts to choose are told apart
    by a binomial draw.

    Args:
        inclusion: [E] probability of each expert, summing to k.
        k: experts per token.
        tokens: any shape, number of tokens of each draw.
        generator: of the draws.

    Returns:
        [*tokens.shape, E] int64.
    """
    experts = len(inclusion)
    weights = subset_weights(inclusion, k)
    after = np.stack(_suffix_sums(weights, k))
    open_choices = np.zeros((k + 1, *np.shape(tokens)), dtype=np.int64)
    open_choices[k] = tokens
    counts = np.zeros((*np.shape(tokens), experts), dtype=np.int64)
    for expert in range(experts):
        for r in range(1, k + 1):
            if after[expert, r] == 0:  # fewer than r experts are left
                continue
            chance = min(1.0, weights[expert] * after[expert + 1, r - 1] / after[expert, r])
            chosen = generator.binomial(open_choices[r], chance)
            counts[..., expert] += chosen
            open_choices[r] -= chosen
            open_choices[r - 1] += chosen
    return counts


def _times(sums: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Elementary symmetric sums [..., k + 1] with one more expert of this weight [...]."""
    extended = sums.copy()
    extended[..., 1:] += weight[..., None] * sums[..., :-1]
    return extended


def _suffix_sums(weights: np.ndarray, k: int) -> list[np.ndarray]:
    """E + 1 arrays [..., k + 1]: elementary symmetric sums of orders 0 to k of the experts from the i-th on."""
    sums = np.zeros((*weights.shape[:-1], k + 1))
    sums[..., 0] = 1.0
    suffixes = [sums]
    for expert in reversed(range(weights.shape[-1])):
        suffixes.append(_times(suffixes[-1], weights[..., expert]))
    return suffixes[::-1]


def _sums_around(weights: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums [..., E] of orders k - 1 and k of all experts but the one; only positive terms, so that nothing cancels."""
    after = _suffix_sums(weights, k)
    before = np.zeros((*weights.shape[:-1], k + 1))
    before[..., 0] = 1.0
    lower, same = np.empty_like(weights), np.empty_like(weights)
    for expert in range(weights.shape[-1]):
        rest = after[expert + 1]
        lower[..., expert] = (before[..., :k] * rest[..., k - 1 :: -1]).sum(-1)
        same[..., expert] = (before * rest[..., ::-1]).sum(-1)
        before = _times(before, weights[..., expert])
    return lower, same
