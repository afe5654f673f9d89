"""What is said of routing, and the rule that turns numbers into a verdict.

OLMoE, arXiv 2409.02060, section 5 (specialisation and saturation; it shows figures, so most are told in words), and Lo
et al., arXiv 2406.18219 (the top score stands out). Claims without a paper's word are this suite's own.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nbutils.moe.routing.consecutive import consecutive_layers
from nbutils.moe.routing.domains import domain_divergence
from nbutils.moe.routing.load import load_by_layer
from nbutils.moe.routing.record import Routing
from nbutils.moe.routing.scores import top_score_by_layer
from nbutils.moe.routing.vocabulary import vocabulary_by_layer
from nbutils.statistics import above_null
from nbutils.statistics.verdicts import FEWEST_CLUSTERS, Verdict

LEVEL = 0.05
IN_DOMAINS = "experts specialise in domains of text"
IN_VOCABULARY = "experts specialise in vocabulary"
ON_EACH_OTHER = "the choices of consecutive layers depend on each other"
OF_TOKENS = (IN_DOMAINS, IN_VOCABULARY, ON_EACH_OTHER)
MOST_VIOLATION = 1.0  # a capacity factor of 2 then drops no token (GShard, arXiv 2006.16668)


def expert_routing(
    routings: Mapping[str, Routing],
    models: Sequence[str],
    saturation: pd.DataFrame,
    resamples: int = 1000,
    seed: int = 0,
) -> list[dict[str, object]]:
    """Findings of the notebook `expert_routing`, one for each claim and model, and one for each checkpoint.

    Args:
        routings: by model name.
        models: those to judge, "" passed over. Another one among `routings` is a control of the first model, such as
            its untrained state.
        saturation: rows of `saturation_table`; empty without checkpoints.
        resamples: bootstrap samples over passages, and permutations of domains.
        seed: of bootstrap, permutations and fair draws.
    """
    loads = load_by_layer(routings, seed)
    tables = {
        dead_finding: loads,
        balance_finding: loads,
        top_score_finding: top_score_by_layer(routings, resamples, seed),
        domain_finding: domain_divergence(routings, resamples, seed),
        vocabulary_finding: vocabulary_by_layer(routings, seed=seed),
        consecutive_finding: consecutive_layers(routings),
    }

    def findings_of(model: str) -> list[dict[str, object]]:
        return [finding(model, table[table["model"] == model]) for finding, table in tables.items()]

    asked = {model.strip() for model in models}
    judged = {name: findings_of(name) for name in routings if name in asked}
    for control in [name for name in routings if name not in asked]:
        for finding, other in zip(next(iter(judged.values()), []), findings_of(control), strict=False):
            set_beside_control(finding, control, other)
    controlled = 1 if len(judged) < len(routings) else 0
    for finding in (finding for of_model in [*judged.values()][controlled:] for finding in of_model):
        if any(claim in finding["claim"] for claim in OF_TOKENS):
            finding["reason"] += "; no untrained state to set it beside"
    findings = [finding for of_model in judged.values() for finding in of_model]
    if not saturation.empty:
        means = saturation[saturation["layer"] == -1]
        findings += [saturation_finding(mean) for _, mean in means.iterrows() if mean["model"] in asked]
    return findings


def set_beside_control(finding: dict[str, object], control: str, other: dict[str, object]) -> None:
    """Tells the control's value, and lets a claim of dependence on tokens hold above the control's interval only.

    A router with random weights sends a token's occurrences alike, and so depends on vocabulary and on what follows
    from it (domains, the choice of the layer before), though it has learned nothing.
    """
    if other["measured"] is None:
        return
    finding["reason"] += f"; {control} {other['measured']:.3g}"
    if finding["verdict"] == "holds" and any(claim in finding["claim"] for claim in OF_TOKENS):
        finding["null"] = max(finding["null"], other["interval"][1])
        if finding["interval"][0] <= finding["null"]:
            finding |= {"verdict": "fails", "reason": f"not above {control}; {finding['reason']}"}


def dead_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `load_by_layer` of one model: every expert of every layer is chosen at least once.

    One choice proves that an expert lives. That it is never chosen shows something only where random choice would have
    missed none of the experts, with a probability of 95 %.
    """
    rows = rows[rows["statistic"] == "dead"]
    dead, passages, expected = rows["value"].sum(), int(rows["passages"].iloc[0]), rows["uniform"].sum()
    if dead == 0:
        verdict, reason = "holds", "every expert of every layer is chosen at least once"
    elif expected > LEVEL:
        verdict, reason = "not testable here", f"{rows['tokens'].iloc[0]} tokens are too few to miss an expert in"
    elif passages < FEWEST_CLUSTERS:
        verdict, reason = above_null(0.0, 0.0, passages)
    else:
        verdict, reason = "fails", f"{(rows['value'] > 0).sum()} of {len(rows)} layers have experts never chosen"
    return _finding(
        claim=f"{model}: no expert is dead",
        quantity="experts that are never chosen, all layers",
        unit="experts",
        measured=dead,
        null=expected,
        verdict=verdict,
        reason=reason,
        n=passages,
    )


def balance_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `load_by_layer` of one model: no expert of any layer takes twice the mean load.

    Holds when the upper bounds of all layers lie below that limit, which needs no correction for their number.
    """
    rows = rows[rows["statistic"] == "max_vio"]
    worst, passages = rows.loc[rows["value"].idxmax()], int(rows["passages"].iloc[0])
    low, high = float(rows["low"].max()), float(rows["high"].max())
    balanced = (rows["high"] < MOST_VIOLATION).sum()
    verdict: Verdict = "holds" if balanced == len(rows) else "fails"
    reason = f"{balanced} of {len(rows)} layers surely below {MOST_VIOLATION:g}, layer {worst['layer']} is the largest"
    if passages < FEWEST_CLUSTERS:
        verdict, reason = above_null(low, 0.0, passages)
    return _finding(
        claim=f"{model}: the load is balanced, no expert takes twice the mean load of its layer",
        quantity="largest MaxVio (busiest expert's load over the mean, less 1) of any layer",
        unit="times the mean load",
        measured=worst["value"],
        interval=(min(low, float(worst["value"])), high),
        null=worst["uniform"],
        verdict=verdict,
        reason=f"{reason}; null: fair draw",
        n=passages,
    )


def top_score_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `top_score_by_layer` of one model: the top score stands out from the second.

    The null is the ratio of scores that have nothing to do with each other, in which the largest is above the second
    too.
    """
    mean = rows[rows["layer"] == -1].iloc[0]
    testable = np.isfinite(mean["value"])
    verdict, reason = above_null(mean["excess_low"], 0.0, int(mean["passages"]))
    if not testable:
        verdict, reason = "not testable here", "one expert has no second"
    return _finding(
        claim=f"{model}: the top gate score stands out from the second",
        quantity="mean top over mean second gate score, mean over layers",
        unit="ratio",
        paper="much larger (Mixtral)",
        measured=mean["value"] if testable else None,
        interval=(mean["low"], mean["high"]) if testable else None,
        null=mean["shuffled"] if testable else None,
        verdict=verdict,
        reason=f"{reason}, scores of different tokens" if testable else reason,
        n=mean["passages"],
    )


def domain_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `domain_divergence` of one model: domains of text use different experts.

    Holds when fewer than 5 % of random assignments of passages to domains give such a divergence, in the mean over
    layers.
    """
    finding = _finding(
        claim=f"{model}: {IN_DOMAINS}",
        quantity="Jensen-Shannon divergence of the domains' loads, less its bias, mean over layers",
        unit="bits",
        paper="yes (OLMoE); hardly (Mixtral)",
        verdict="not testable here",
        reason="there is one domain only: name texts of at least two",
    )
    if rows.empty:
        return finding
    mean = rows[rows["layer"] == -1].iloc[0]
    passages, known = int(mean["passages"]), np.isfinite(mean["corrected"])
    finding |= {"n": passages}
    if not known or passages < FEWEST_CLUSTERS:
        few = f"{passages} passages are too few" if known else "a domain has a single passage"
        return finding | {"reason": f"{few}: measure more text"}
    layers = rows[rows["layer"] >= 0]
    return finding | {
        "measured": float(mean["corrected"]),
        "interval": (max(0.0, float(mean["low"])), float(mean["high"])),
        "null": 0.0,
        "verdict": "holds" if mean["p"] < LEVEL else "fails",
        "reason": f"p = {mean['p']:.2g}, passages dealt to domains at random ({mean['null']:.3g} bits of "
        f"{mean['bits']:.3g} before the bias is taken off); {(layers['p'] < LEVEL).sum()} of {len(layers)} layers",
    }


def vocabulary_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `vocabulary_by_layer` of one model: a token goes to one expert more than others do."""
    mean, layers = rows[rows["layer"] == -1].iloc[0], rows[rows["layer"] >= 0]
    return _excess_finding(
        mean,
        measured="held_out",
        null="load",
        untestable="no token occurs often enough in all layers: measure more text",
        claim=f"{model}: {IN_VOCABULARY}",
        quantity="share of a token's occurrences that its favourite expert of other passages takes, mean over layers",
        unit="share",
        paper="yes (OLMoE)",
        reason=f"null: load of these experts over all tokens; {(layers['excess_low'] > 0).sum()} of {len(layers)} "
        "layers above theirs",
    )


def consecutive_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `consecutive_layers` of one model: a layer's choice tells of the next one's."""
    claim = {
        "claim": f"{model}: {ON_EACH_OTHER}",
        "quantity": "mutual information of top-1 experts, mean over consecutive layers",
        "unit": "bits",
    }
    if rows.empty:
        reason = "one layer has no next one: measure more layers"
        return _finding(**claim, verdict="not testable here", reason=reason)
    mean, pairs = rows[rows["layer"] == -1].iloc[0], rows[rows["layer"] >= 0]
    return _excess_finding(
        mean,
        measured="bits",
        null="shuffled",
        untestable="one batch or passage leaves no tokens to shuffle: measure more, or lower batch_size",
        reason=f"null: the next layer's choice for another token; {(pairs['excess_low'] > 0).sum()} of {len(pairs)} "
        "pairs above theirs",
        **claim,
    )


def saturation_finding(mean: pd.Series) -> dict[str, object]:
    """Finding from the mean row of `saturation_table` of one checkpoint: the choice is settled early.

    Holds when the excess over independent choices surely lies above 97.5 % of what it is when the experts are
    renumbered, which two routers have in common because both follow the token.
    """
    verdict, reason = above_null(mean["excess_low"], mean["renumbered"], int(mean["passages"]))
    return _finding(
        claim=f"{mean['model']}: routing is settled early, {mean['checkpoint']} agrees with it beyond chance",
        quantity="share of a token's chosen experts in common, mean over layers",
        unit="share",
        paper="early (OLMoE)",
        measured=mean["value"],
        interval=(mean["low"], mean["high"]),
        null=mean["independent"] + mean["renumbered"],
        verdict=verdict,
        reason=f"{reason}: independent choices {mean['independent']:.3g}, {mean['renumbered']:.2g} more for routers "
        "that follow the same tokens",
        n=mean["passages"],
    )


def _excess_finding(
    mean: pd.Series, *, measured: str, null: str, untestable: str, reason: str, **told: object
) -> dict[str, object]:
    """Finding that holds when the interval of `excess` lies above 0; not testable where that is missing."""
    if not np.isfinite(mean["excess"]):
        return _finding(**told, verdict="not testable here", reason=untestable, n=mean["passages"])
    verdict, words = above_null(mean["excess_low"], 0.0, int(mean["passages"]))
    return _finding(
        **told,
        measured=mean[measured],
        interval=(mean["low"], mean["high"]),
        null=mean[null],
        verdict=verdict,
        reason=f"{words}; {reason}",
        n=mean["passages"],
    )


def _finding(**told: object) -> dict[str, object]:
    """A finding with every key; numbers as Python's own."""
    empty = dict.fromkeys(("unit", "paper", "measured", "interval", "null", "n"))
    for key in ("measured", "null"):
        told[key] = None if told.get(key) is None else float(told[key])
    if told.get("interval") is not None:
        told["interval"] = tuple(map(float, told["interval"]))
    if told.get("n") is not None:
        told["n"] = int(told["n"])
    return empty | told
