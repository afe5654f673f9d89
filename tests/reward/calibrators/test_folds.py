import numpy as np
import pytest

from nbutils.reward.calibrators.folds import fold_of_rows


def test_prompts_stay_together_folds_are_equal_and_rows_may_come_in_any_order():
    prompts = np.repeat([f"prompt {i}" for i in range(53)], 3)
    order = np.random.default_rng(0).permutation(prompts.size)

    fold = fold_of_rows(prompts, 5, seed=1)

    assert all(np.unique(fold[prompts == prompt]).size == 1 for prompt in prompts)
    assert sorted(np.bincount(fold) // 3) == [10, 10, 11, 11, 11]
    assert np.array_equal(fold_of_rows(prompts[order], 5, seed=1), fold[order])
    assert not np.array_equal(fold_of_rows(prompts, 5, seed=2), fold)


def test_refuses_what_cannot_be_split():
    with pytest.raises(ValueError, match="folds is 1"):
        fold_of_rows(np.arange(10), 1, seed=0)
    with pytest.raises(ValueError, match="3 prompts cannot be split into 5 folds"):
        fold_of_rows(np.repeat([1, 2, 3], 10), 5, seed=0)
