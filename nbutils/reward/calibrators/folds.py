"""Folds of prompts, so that all responses to one prompt are held out together."""

import numpy as np


def fold_of_rows(prompts: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Fold of each row, the same for all rows of a prompt and whatever the order of the rows.

    Args:
        prompts: [n] the prompt of each row.
        folds: number of folds, as equal in prompts as can be.
        seed: of the draw.

    Returns:
        [n] 0 to folds - 1.

    Raises:
        ValueError: fewer than two folds, or fewer prompts than folds.
    """
    names, prompt_of_row = np.unique(np.asarray(prompts), return_inverse=True)
    if folds < 2:
        raise ValueError(f"folds is {folds}; at least 2 are needed to hold one out.")
    if len(names) < folds:
        raise ValueError(f"{len(names)} prompts cannot be split into {folds} folds.")
    fold_of_prompt = np.random.default_rng(seed).permutation(np.arange(len(names)) % folds)
    return fold_of_prompt[prompt_of_row]
