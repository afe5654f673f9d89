"""One or two sentences under each figure, computed from the table that the figure draws."""

import numpy as np
import pandas as pd

from nbutils.reward.associations import CALIBRATED, EXACT, UNBIASED
from nbutils.reward.before_after import AFTER, BEFORE
from nbutils.reward.cross_fitting import CROSS_FITTED, IN_SAMPLE, UNCALIBRATED
from nbutils.reward.methods import LWR, LWR_PENALTY
from nbutils.reward.overall_gains import MEAN_OVER_MODELS

MOST_TOLD = 6


def reward_by_characteristic(curves: pd.DataFrame, data: str) -> str:
    """From where to where the curve leads, for each model and characteristic."""
    parts = []
    rows = curves[curves["stage"] == BEFORE]
    for (model, characteristic), curve in rows.groupby(["model", "characteristic"], sort=False, observed=True):
        first, last = curve.iloc[0], curve.iloc[-1]
        parts.append(
            f"{model}: {last['bias'] - first['bias']:+.3g} from {first['value']:.0f} to {last['value']:.0f} "
            f"{characteristic}"
        )
    return f"{data}. How the fitted score changes along the curve: {_some(parts)}. The curve never sees the labels."


def after_calibration(curves: pd.DataFrame, data: str) -> str:
    """How much of the curve's spread over responses is left, for each model and characteristic."""
    parts = []
    for (model, characteristic), rows in curves.groupby(["model", "characteristic"], sort=False, observed=True):
        spread = {stage: _spread(curve) for stage, curve in rows.groupby("stage", sort=False)}
        parts.append(f"{model}, {characteristic}: {spread[BEFORE]:.3g} before, {spread[AFTER]:.3g} after")
    return f"{data}. Standard deviation over responses of the score that goes with it: {_some(parts)}."


def planted_bias(curves: pd.DataFrame) -> str:
    """How close the fitted curves come to the planted ones, over the responses."""
    errors, planted = [], []
    for _, curve in curves.groupby("model", sort=False, observed=True):
        errors.append(np.average((curve["bias"] - curve["planted"]) ** 2, weights=curve["count"]))
        planted.append(np.average(curve["planted"] ** 2, weights=curve["count"]))
    return (
        f"Simulation. Over the responses of these models the planted bias has a root mean square of "
        f"{np.sqrt(np.mean(planted)):.2g}, and the fitted curve misses it by {np.sqrt(np.mean(errors)):.2g}. What it "
        "misses is in part true reward, as better responses are the longer ones in some subsets and the shorter ones "
        "in others."
    )


def accuracy_by_subset(table: pd.DataFrame, data: str) -> str:
    """Mean accuracy over models before and after, and the subset that gains and the one that loses most."""
    means = table.pivot_table(index="subset", columns="stage", values="accuracy", sort=False)
    overall, change = means.loc["all"], 100 * (means[AFTER] - means[BEFORE]).drop("all")
    told = f"{data}. All pairs: {overall[BEFORE]:.1%} as scored, {overall[AFTER]:.1%} calibrated and cross-fitted"
    if len(change) > 1:
        told += (
            f"; from {change.min():+.1f} points in {change.idxmin()} to {change.max():+.1f} in {change.idxmax()}"
            f"{_mean_over(table)}"
        )
    return told + f". {table.loc[table['stage'] == BEFORE, 'ties'].sum():.0f} ties counted as not right."


def section_gains(table: pd.DataFrame) -> str:
    """Mean gain of each section over models, for each data set."""
    parts = []
    for data, rows in table.groupby("data", sort=False):
        means = rows.groupby("section", sort=False)["gain"].mean()
        parts.append(f"{data}: " + ", ".join(f"{section} {gain:+.2f}" for section, gain in means.items()))
    return "Percentage points, mean over models. " + "; ".join(parts) + "."


def gain_forest(table: pd.DataFrame, warnings: pd.DataFrame, data: str) -> str:
    """RC-LWR's gain, how many models gain, what a penalty before it changes, and whether the data are confounded."""
    models = [model for model in table["model"].unique() if model != MEAN_OVER_MODELS]
    shown = table[table["model"] == (MEAN_OVER_MODELS if len(models) > 1 else models[0])]
    gain = shown.set_index(["method", "fit"])
    row, own = gain.loc[(LWR, CROSS_FITTED)], gain.loc[(LWR, IN_SAMPLE)]
    told = (
        f"{data}. RC-LWR: {row['gain']:+.2f} percentage points [{row['low']:.2f}, {row['high']:.2f}] cross-fitted, "
        f"{own['gain']:+.2f} in-sample"
    )
    if len(models) > 1:
        each = table[(table["method"] == LWR) & (table["fit"] == CROSS_FITTED) & (table["model"] != MEAN_OVER_MODELS)]
        told += f", mean over {len(models)} models; {(each['gain'] > 0).sum()} of them gain"
    if LWR_PENALTY in gain.index.get_level_values("method"):
        difference = gain.loc[(LWR_PENALTY, CROSS_FITTED), "gain"] - row["gain"]
        told += (
            f". LWR-Penalty differs from RC-LWR by {difference:+.3f}: local lines take up a straight penalty whole, so "
            "that penalty and curve together subtract what the curve alone does"
        )
    if (warnings["confounded"] & (warnings["subset"] == "all") & (warnings["data"] == data)).any():
        told += ". **Confounded, see above: a gain or a loss here is evidence of neither bias nor signal**"
    return told + "."


def chosen_longer(table: pd.DataFrame) -> str:
    """What the warning says of all pairs of each data set, and the subsets in which it fires."""
    parts = []
    for data, rows in table.groupby("data", sort=False):
        fired = rows.loc[rows["confounded"] & (rows["subset"] != "all"), "subset"].unique()
        overall = rows[rows["subset"] == "all"]
        warning = "**Warning: confounded.** " if overall["confounded"].any() else ""
        sentences = " ".join(sentence[:1].upper() + sentence[1:] for sentence in overall["sentence"])
        within = f" The warning fires within {', '.join(fired)}." if len(fired) else ""
        parts.append(f"{data}: {warning}{sentences}{within}")
    return " ".join(parts)


def gain_by_association(table: pd.DataFrame) -> str:
    """Gains at both ends, and the largest loss of unbiased models at which the warning is mostly silent."""
    lowest, highest = table["association"].min(), table["association"].max()
    parts = []
    for association in (lowest, 0.0, highest):
        rows = table[table["association"] == association].set_index(["models", "subtracted"])
        biased = rows.xs(CALIBRATED, level="subtracted").drop(UNBIASED)["gain"].iloc[0]
        exact = rows.xs(EXACT, level="subtracted")["gain"].iloc[0]
        unbiased = rows.loc[(UNBIASED, CALIBRATED), "gain"]
        parts.append(
            f"chosen longer in {rows['share'].iloc[0]:.0%} of pairs: {biased:+.1f} points with a bias ({exact:+.1f} if "
            f"the bias itself were subtracted), {unbiased:+.1f} without"
        )
    silent = table[(table["warned"] < 0.5) & (table["models"] == UNBIASED)]["gain"].min()
    return (
        "Simulation. " + "; ".join(parts) + f". Where the warning is mostly silent, calibrating a model without a bias "
        f"costs at most {-silent:.1f} points."
    )


def gain_by_setting(table: pd.DataFrame) -> str:
    """The best frac by held-out error and the range of gains over both settings, for each data set."""
    parts = []
    for data, rows in table.groupby("data", sort=False):
        fracs, alphas = (rows[rows["setting"] == setting] for setting in ("frac", "alpha"))
        best, most = fracs.loc[fracs["excess"].idxmin()], alphas.loc[alphas["gain"].idxmax()]
        parts.append(
            f"{data}: held-out scores are predicted best at frac {best['value']:g}; gains go from "
            f"{fracs['gain'].min():+.2f} to {fracs['gain'].max():+.2f} over frac and are largest at alpha "
            f"{most['value']:g} ({most['gain']:+.2f})"
        )
    return "; ".join(parts) + ". Settings that were chosen by the gain would have seen the labels."


def removed_biases(table: pd.DataFrame) -> str:
    """Error of the bias of each characteristic and gain in accuracy, for each way of removal."""
    parts = []
    for removal, rows in table.groupby("removal", sort=False):
        errors = rows.drop_duplicates("characteristic").set_index("characteristic")["error"]
        missed = ", ".join(f"{error:.2f} in {name}" for name, error in errors.items())
        parts.append(f"{removal}: misses the planted bias by {missed}, gain {rows['gain'].iloc[0]:+.1f} points")
    return f"Simulation. Root mean square over responses. {'; '.join(parts)} (at best {table['exact'].iloc[0]:+.1f})."


def reliability_diagrams(scores: pd.DataFrame, data: str) -> str:
    """Expected calibration error with its null, before and after one temperature, for each method."""
    rows = scores[scores["measure"] == "ece"]
    parts = []
    for (method, scale), part in rows.groupby(["method", "scale"], sort=False, observed=True):
        name = "as scored" if method == UNCALIBRATED else method
        means = part[["value", "low", "high", "null_high"]].mean()
        parts.append(
            f"{name}, {scale} {means['value']:.3f} [{means['low']:.3f}, {means['high']:.3f}] (true probabilities: "
            f"below {means['null_high']:.3f})"
        )
    return (
        f"{data}. Expected calibration error{_mean_over(scores)}: {'; '.join(parts)}. Bins of fewer than ten pairs are "
        "not drawn."
    )


def agreement_with_ratings(table: pd.DataFrame, data: str) -> str:
    """Mean Spearman correlation by method."""
    if table.empty:
        return f"{data}. No leaderboard was given."
    rows = table[table["statistic"] == "spearman"]
    means = rows.groupby("method", sort=False)["value"].mean()
    told = ", ".join(f"{'as scored' if name == UNCALIBRATED else name} {value:.3f}" for name, value in means.items())
    return (
        f"{data}. Spearman's correlation, mean over {rows['model'].nunique()} reward models and "
        f"{rows['n'].iloc[0]:.0f} generators: {told}."
    )


def order_of_models(table: pd.DataFrame, data: str) -> str:
    """How many generators change places by RC-LWR, and by how much at most, over all reward models."""
    parts = []
    for model, rows in table.groupby("model", sort=False, observed=True):
        wide = rows.pivot(index="generator", columns="method", values="win_rate")
        moved = (wide[UNCALIBRATED].rank() - wide[LWR].rank()).abs()
        parts.append(f"{model} {(moved > 0).sum()} of {len(moved)}, by up to {moved.max():.0f}")
    return f"{data}. Generators that change places when length is removed: {_some(parts)}."


def _some(parts: list[str]) -> str:
    """The first few, and how many more there are."""
    more = f"; and {len(parts) - MOST_TOLD} more" if len(parts) > MOST_TOLD else ""
    return "; ".join(parts[:MOST_TOLD]) + more


def _mean_over(table: pd.DataFrame) -> str:
    models = table["model"].nunique()
    return f", mean over {models} models" if models > 1 else ""


def _spread(curve: pd.DataFrame) -> float:
    """Standard deviation of a centred curve over responses."""
    return float(np.sqrt(np.average(curve["bias"] ** 2, weights=curve["count"])))
