"""Whether two experts hold the same neurons in another order (Lo et al., arXiv 2406.18219, section 4.1, table 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

import numpy as np
import pandas as pd
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import kendalltau
from torch import Tensor

from nbutils.models import FeedForward, MoELayer
from nbutils.moe.similarity.members import REFERENCE, SHARED, Member, check_finite, members, projections_of
from nbutils.progress import progress

NEURON = "neuron"
COLUMNS = [
    "layer",
    "projection",
    "first",
    "second",
    "cosine_before",
    "cosine_matched",
    "neuron_cosine",
    "null",
    "null_gain",
    "expected_null",
    "tau",
    "neurons",
]


@dataclass(frozen=True)
class Neurons:
    """Neurons of one member in one projection: unit vectors [I, H] float32, and lengths [I] float64.

    A neuron of zeros has the zero vector, so that its cosine with any other is 0.
    """

    directions: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, matrix: Tensor) -> "Neurons":
        """From a matrix with one neuron in each row."""
        matrix = matrix.float()
        lengths = torch.linalg.vector_norm(matrix, dim=1)
        scale = torch.where(lengths > 0, lengths, 1.0)
        return cls(matrix / scale[:, None], lengths.cpu().double())


def matching(
    layers: Sequence[MoELayer],
    reference: Sequence[FeedForward] = (),
    *,
    most_pairs: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Matches the neurons of each pair of experts so that the sum of their cosines is largest.

    One assignment for each projection, as in the paper, and one for the neuron as a whole, whose cosine is the mean of
    those of its projections. Two members are in memory in float32, with one matrix [I, I] of cosines for a projection,
    one for the neuron and scipy's copies of it in float64: about 6 GB for Mixtral-8x7B.

    Args:
        layers: MoE layers of a model.
        reference: layers of a dense model, matched by decoder index; its layer and a shared expert take part like
            experts, also with another number of neurons.
        most_pairs: pairs of experts in each layer, and pairs of one other member with experts; None for all.
        seed: of the pairs that are drawn and of the coordinates' order in the null.

    Returns:
        One row per layer, projection ("gate", "up", "down", "neuron") and pair: `layer`, `projection`, `first`,
        `second`, `cosine_before` (of the flattened matrices as stored), `cosine_matched` (after reordering the second
        one's neurons; both are means over projections for "neuron"), `neuron_cosine` (mean over matched neurons),
        `null` (the same when the second member's hidden coordinates are in a random order: matrices with the same
        values that share nothing), `null_gain` (`cosine_matched` less `cosine_before` of those), `expected_null`
        (sqrt(2 ln n / d) for n neurons of d independent normal weights, to leading order and from above), `tau`
        (Kendall's, of the order that was found with the stored one), `neurons` (matched). `cosine_before`,
        `cosine_matched`, `null_gain` and `tau` are missing for different numbers of neurons.

    Raises:
        ModelError: a layer has a single expert, or `reference` lacks a layer or has another hidden size.
        ValueError: weights are not finite.
    """
    tables = []
    for layer in progress(layers, "matched neurons"):
        generator = np.random.default_rng([seed, layer.index])
        compared = members(layer, reference)
        projections = min(map(projections_of, [compared[0], *compared[layer.num_experts :]]), key=len)
        order = torch.from_numpy(generator.permutation(layer.hidden_size))
        for first, pairs in groupby(_pairs(compared, most_pairs, generator), key=lambda pair: pair[0]):
            tables.append(_matched_with(first, [second for _, second in pairs], projections, order))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def matched(cosines: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns [min(n, m)] of the assignment with the largest sum of `cosines` [n, m]."""
    return linear_sum_assignment(cosines.cpu().numpy(), maximize=True)


def match(first: Neurons, second: Neurons, cosines: Tensor) -> dict[str, float]:
    """`neuron_cosine`, `cosine_before`, `cosine_matched` and `tau` of one projection, from its `cosines` [n, m]."""
    rows, columns = matched(cosines)
    found = cosines[rows, columns].cpu().double()
    if len(first.lengths) != len(second.lengths):
        return {"neuron_cosine": float(found.mean())}
    return {
        "neuron_cosine": float(found.mean()),
        "cosine_before": _matrix_cosine(cosines.diagonal().cpu().double(), first.lengths, second.lengths),
        "cosine_matched": _matrix_cosine(found, first.lengths, second.lengths[columns]),
        "tau": _tau(columns),
    }


def _matched_with(first: Member, others: Sequence[Member], projections: Sequence[str], order: Tensor) -> pd.DataFrame:
    """The rows of the pairs of one member with `others`."""
    neurons, tables = _neurons(first, projections), []
    for second in others:
        table = pd.DataFrame(_matched_pair(neurons, _neurons(second, projections), order))
        tables.append(table.assign(layer=first.layer, first=first.name, second=second.name))
    # A pair of different sizes lacks columns.
    return pd.concat(tables).reindex(columns=COLUMNS)


def _matched_pair(
    first: dict[str, Neurons], second: dict[str, Neurons], order: Tensor
) -> list[dict[str, str | float | int]]:
    """One row for each projection and one for the whole neuron."""
    rows, total = [], None
    for name in first:
        cosines = _cosines(first[name], second[name])
        rows.append({"projection": name} | match(first[name], second[name], cosines))
        total = cosines if total is None else total.add_(cosines)
    rows.append({"projection": NEURON} | _match_whole(first, second, total.div_(len(first))))
    (n, weights), m = first[name].directions.shape, len(second[name].lengths)
    for row, null in zip(rows, _null_rows(first, second, order), strict=True):
        independent = weights * (len(first) if row["projection"] == NEURON else 1)
        row |= null | {
            "expected_null": float(np.sqrt(2 * np.log(max(n, m)) / independent)),
            "neurons": min(n, m),
        }
    return rows


def _match_whole(first: dict[str, Neurons], second: dict[str, Neurons], cosines: Tensor) -> dict[str, float]:
    """`match` with one assignment for all projections, from the means of their cosines [n, m]."""
    rows, columns = matched(cosines)
    numbers = {"neuron_cosine": float(cosines[rows, columns].cpu().double().mean())}
    if cosines.shape[0] != cosines.shape[1]:
        return numbers
    before, after = (
        float(np.mean([_reordered_cosine(first[name], second[name], order) for name in first]))
        for order in (rows, columns)
    )
    return numbers | {"cosine_before": before, "cosine_matched": after, "tau": _tau(columns)}


def _null_rows(first: dict[str, Neurons], second: dict[str, Neurons], order: Tensor) -> list[dict[str, float]]:
    """`null` and `null_gain` of each projection and the whole neuron, the second's coordinates in another order."""
    second = {name: Neurons(neurons.directions[:, order], neurons.lengths) for name, neurons in second.items()}
    rows, total = [], None
    for name in first:
        cosines = _cosines(first[name], second[name])
        rows.append(match(first[name], second[name], cosines))
        total = cosines if total is None else total.add_(cosines)
    rows.append(_match_whole(first, second, total.div_(len(first))))
    return [
        {
            "null": row["neuron_cosine"],
            "null_gain": row.get("cosine_matched", np.nan) - row.get("cosine_before", np.nan),
        }
        for row in rows
    ]


def _cosines(first: Neurons, second: Neurons) -> Tensor:
    """Cosine of each neuron of one with each of the other, [n, m]."""
    return first.directions @ second.directions.to(first.directions.device).T


def _reordered_cosine(first: Neurons, second: Neurons, order: np.ndarray) -> float:
    """Cosine of the flattened matrices with the second one's neurons in `order`."""
    directions = second.directions[order].to(first.directions.device)
    cosines = torch.linalg.vecdot(first.directions, directions).cpu().double()
    return _matrix_cosine(cosines, first.lengths, second.lengths[order])


def _matrix_cosine(cosines: Tensor, first_lengths: Tensor, second_lengths: Tensor) -> float:
    """Cosine of flattened matrices from the cosines and lengths of their rows; 0 with a matrix of zeros."""
    scale = first_lengths.norm() * second_lengths.norm()
    return float((cosines * first_lengths * second_lengths).sum() / scale) if scale > 0 else 0.0


def _tau(order: np.ndarray) -> float:
    return float(kendalltau(order, np.arange(len(order))).statistic)


def _neurons(member: Member, projections: Sequence[str]) -> dict[str, Neurons]:
    found = {}
    for projection in projections:
        found[projection] = Neurons.of(member.by_neuron(projection))
        check_finite(found[projection].lengths.numpy()[None], [member], projection)
    return found


def _pairs(
    compared: Sequence[Member], most_pairs: int | None, generator: np.random.Generator
) -> list[tuple[Member, Member]]:
    """All pairs, or `most_pairs` of each kind (two experts, expert and shared, ...), ordered by their first member."""
    kinds: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for pair in combinations(range(len(compared)), 2):
        kind = tuple(name if name in (SHARED, REFERENCE) else "" for name in (compared[i].name for i in pair))
        kinds.setdefault(kind, []).append(pair)
    drawn = []
    for pairs in kinds.values():
        few = len(pairs) if most_pairs is None else min(most_pairs, len(pairs))
        drawn += [pairs[i] for i in generator.choice(len(pairs), few, replace=False)]
    return [(compared[i], compared[j]) for i, j in sorted(drawn)]
