"""Margins of made-up reward models, before and after made-up calibrations."""

import numpy as np
import pandas as pd

from nbutils.reward.sections import SECTIONS

REWARDBENCH = [
    subset
    for counts in SECTIONS.values()
    for subset, count in counts.items()
    for _ in range(447 if subset == "math-prm" else count)
]


def made_margins(models=2, methods=("rc",), subsets=("easy", "hard") * 30, per_prompt=1, noise=0.8, seed=0):
    """One row for each model, method, fit and pair; some margins are 0. Pairs of one prompt are alike."""
    generator = np.random.default_rng(seed)
    pairs = len(subsets)
    prompt = np.arange(pairs) // per_prompt
    ids = {"pair_id": [f"pair-{i}" for i in range(pairs)], "prompt_id": [f"prompt-{i}" for i in prompt]}
    quality = generator.normal(0.5, 1, prompt.max() + 1)[prompt]
    tables = []
    for model in range(models):
        before = quality + generator.normal(0, 0.5, pairs)
        before[generator.random(pairs) < 0.05] = 0
        margins = {("none", "in-sample"): before}
        for method in methods:
            for fit in ("cross-fitted", "in-sample"):
                margins[method, fit] = before + generator.normal(0, noise, pairs)
                margins[method, fit][generator.random(pairs) < 0.05] = 0
        for (method, fit), margin in margins.items():
            named = {"model": f"m{model}", "subset": subsets, "method": method, "fit": fit, "margin": margin}
            tables.append(pd.DataFrame(ids | named))
    table = pd.concat(tables, ignore_index=True)
    return table.astype(dict.fromkeys(["model", "subset", "method", "fit"], "category"))


def margins_of(margin, prompt=None, subset="all"):
    """Margins of one model as scored."""
    ids = [f"pair-{i}" for i in range(len(margin))]
    return pd.DataFrame(
        {
            "model": "m",
            "pair_id": ids,
            "prompt_id": ids if prompt is None else [f"prompt-{i}" for i in prompt],
            "subset": subset,
            "method": "none",
            "fit": "in-sample",
            "margin": np.asarray(margin, dtype=float),
        }
    )
