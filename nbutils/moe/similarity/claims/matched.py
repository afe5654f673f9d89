"""Claims about reordered neurons (section 4.1, table 2)."""

from collections.abc import Sequence

import pandas as pd

from nbutils.moe.similarity.claims.layers import mean_finding
from nbutils.moe.similarity.matching import NEURON
from nbutils.moe.similarity.members import REFERENCE, SHARED


def matching_findings(matching: pd.DataFrame, models: Sequence[str]) -> list[dict[str, object]]:
    """Findings on the order of neurons, for each model, from its pairs of routed experts.

    Args:
        matching: rows of `matching`, with a column `model`.
        models: those to judge, "" passed over.
    """
    experts = matching[~matching["second"].isin([SHARED, REFERENCE])]
    asked = {model.strip() for model in models}
    findings = []
    for model, rows in experts.groupby("model", sort=False):
        if model in asked:
            whole = rows["projection"] == NEURON
            findings += [_order(model, rows[~whole]), _gain(model, rows[~whole]), _matched(model, rows[whole])]
    return findings


def _order(model: str, rows: pd.DataFrame) -> dict[str, object]:
    finding = mean_finding(
        model,
        "matched neurons stay in their places",
        rows.groupby("layer")["tau"].mean(),
        quantity="Kendall's tau of matched and stored order, mean over pairs and projections",
        unit="correlation",
        paper=".75 (Mixtral); -.0002 (DeepSeek); -.0003 (Grok)",
    )
    if finding["interval"]:  # no correlation is above 1
        finding["interval"] = (finding["interval"][0], min(1.0, finding["interval"][1]))
    return finding


def _gain(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """An assignment always raises similarity, so the gain is set against that of matrices that share nothing."""
    means = rows.groupby("layer")[["cosine_before", "cosine_matched", "null_gain"]].mean()
    before, after, null = means.mean()
    gain = means["cosine_matched"] - means["cosine_before"]
    return mean_finding(
        model,
        "reordering neurons raises the similarity of matrices by more than that of independent ones",
        gain - means["null_gain"],
        quantity="cosine gained by reordering minus that gained by matrices with coordinates in random order",
        unit="cosine",
        paper="growth by about .001 of the cosine (Mixtral), by about as much again (DeepSeek, Grok)",
        reason=f"{before:.3g} before, {after:.3g} after; independent ones gain {null:.3g}; growth by "
        f"{(after - before) / abs(before):.2g} of the cosine",
    )


def _matched(model: str, rows: pd.DataFrame) -> dict[str, object]:
    means = rows.groupby("layer")[["neuron_cosine", "null"]].mean()
    return mean_finding(
        model,
        "matched neurons are more alike than those of independent matrices",
        means["neuron_cosine"] - means["null"],
        quantity="mean cosine of matched whole neurons minus that with hidden coordinates in random order",
        unit="cosine",
        paper=None,
        reason=f"{means['neuron_cosine'].mean():.3g} against {means['null'].mean():.3g}; a mean direction that all "
        "neurons share is enough",
    )
