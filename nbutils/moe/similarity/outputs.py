"""How alike the outputs of a layer's experts are for the same token: tables from the probe."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbutils.moe.outputs import OutputSums
from nbutils.moe.sums import Probe
from nbutils.statistics import percentile_interval, resampled_sums


def output_similarity(probes: Mapping[str, Probe]) -> pd.DataFrame:
    """Similarity of each pair of outputs, mean over tokens (Lo et al., arXiv 2406.18219, figures 3 and 9).

    Returns:
        One row per model, layer and pair: `model`, `layer`, `first`, `second` ("0", "1", ..., "shared", "reference"),
        `cosine`, `angular` (1 - arccos(cosine) / pi), `shuffled_cosine` (mean cosine of the two members' outputs for
        tokens drawn independently: what follows from outputs that point the same way for every token). Empty when
        there are no probes.
    """
    frames = []
    for model, probe in probes.items():
        outputs = _outputs(probe)
        first, second = np.triu_indices(len(outputs.members), k=1)
        names = np.array(outputs.members)
        cosine, angular = (sums[:, first, second] / probe.tokens.sum() for sums in (outputs.cosine, outputs.angular))
        shuffled = _shuffled_cosine(probe)[:, first, second]
        frames += [
            pd.DataFrame(
                {
                    "model": model,
                    "layer": layer,
                    "first": names[first],
                    "second": names[second],
                    "cosine": cosine[i],
                    "angular": angular[i],
                    "shuffled_cosine": shuffled[i],
                }
            )
            for i, layer in enumerate(probe.layers)
        ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def output_similarity_by_layer(probes: Mapping[str, Probe], resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Mean similarity over pairs of outputs in each layer, with a 95 % bootstrap interval over passages.

    Returns:
        One row per model, layer, pairing and measure: `model`, `layer` (-1: mean over layers), `pairs` ("experts":
        among experts; "shared" and "reference": of an expert with it), `measure` ("cosine" or "angular"), `value`,
        `low`, `high`, `shuffled` (for independent tokens; of the cosine alone), `passages` (clusters of the bootstrap).
        Empty when there are no probes.
    """
    frames = []
    for model, probe in probes.items():
        outputs = _outputs(probe)
        experts = len(outputs.members) - outputs.cosine_by_group.shape[-1] + 1
        shuffled = _pair_means(_shuffled_cosine(probe), experts)
        for measure, by_group in (("cosine", outputs.cosine_by_group), ("angular", outputs.angular_by_group)):
            value, samples = _means(by_group, probe.tokens, resamples, seed)
            low, high = percentile_interval(samples)
            for pairs, name in enumerate(["experts", *outputs.members[experts:]]):
                null = np.append(shuffled[:, pairs], shuffled[:, pairs].mean())
                frames.append(
                    pd.DataFrame(
                        {
                            "model": model,
                            "layer": [*probe.layers, -1],
                            "pairs": name,
                            "measure": measure,
                            "value": value[:, pairs],
                            "low": low[:, pairs],
                            "high": high[:, pairs],
                            "shuffled": null if measure == "cosine" else np.nan,
                            "passages": len(probe.tokens),
                        }
                    )
                )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def closer_to_one_another(probe: Probe, resamples: int = 1000, seed: int = 0) -> dict[str, float]:
    """How much more alike experts' outputs are among themselves than with the dense reference's, as mean cosines.

    Returns:
        `value`, `low`, `high` of the difference, a mean over layers, and `passages`.

    Raises:
        ValueError: the probe has no reference.
    """
    outputs = _outputs(probe)
    if "reference" not in outputs.members:
        raise ValueError(f"the probe of {probe.model!r} has no reference: give probe(..., reference=...) one.")
    value, samples = _means(outputs.cosine_by_group, probe.tokens, resamples, seed)
    low, high = percentile_interval(samples[:, -1, 0] - samples[:, -1, -1])
    difference = value[-1, 0] - value[-1, -1]
    return {"value": float(difference), "low": float(low), "high": float(high), "passages": len(probe.tokens)}


def _outputs(probe: Probe) -> OutputSums:
    if probe.outputs is None:
        raise ValueError(f"the probe of {probe.model!r} compared no outputs: call probe(..., outputs=True).")
    if probe.rank_counts.shape[1] < 2:
        raise ValueError(f"the layers of {probe.model!r} have one expert each, which has nothing to be compared with.")
    return probe.outputs


def _shuffled_cosine(probe: Probe) -> np.ndarray:
    """Mean cosine [L, M, M] of outputs for independent tokens: that of the mean directions."""
    direction = _outputs(probe).direction / probe.tokens.sum()
    return direction @ direction.swapaxes(1, 2)


def _pair_means(matrices: np.ndarray, experts: int) -> np.ndarray:
    """Means [L, 1 + M - E] over pairs of experts, and of experts with each further member, from [L, M, M]."""
    first, second = np.triu_indices(experts, k=1)
    among = matrices[:, first, second]
    return np.column_stack([among.mean(1), matrices[:, :experts, experts:].mean(1)])


def _means(by_group: np.ndarray, tokens: np.ndarray, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Means over tokens [L + 1, P] of each layer and over layers, and bootstrap samples [resamples, L + 1, P]."""
    sums = np.concatenate([by_group, np.broadcast_to(tokens[:, None, None], (*by_group.shape[:2], 1))], axis=-1)

    def of(totals: np.ndarray) -> np.ndarray:
        layers = totals[..., :-1] / totals[..., -1:]
        return np.concatenate([layers, layers.mean(-2, keepdims=True)], axis=-2)

    return of(sums.sum(0)), of(resampled_sums(sums, resamples, seed))
