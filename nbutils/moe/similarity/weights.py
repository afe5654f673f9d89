"""How alike the experts' weights are: cosines of whole matrices and of neuron averages."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from nbutils.models import FeedForward, MoELayer
from nbutils.moe.similarity.gram import gram
from nbutils.moe.similarity.members import Member, by_projection, check_finite, cosines_of, pair_table
from nbutils.progress import progress


def weight_similarity(layers: Sequence[MoELayer], reference: Sequence[FeedForward] = ()) -> pd.DataFrame:
    """`matrix_similarity` and `averaged_similarity` in one table.

    Returns:
        Their rows, with a first column `level`: "matrix" or "averaged".
    """
    matrix = matrix_similarity(layers, reference)
    averaged = averaged_similarity(layers, reference)
    matrix.insert(0, "level", "matrix")
    averaged.insert(0, "level", "averaged")
    return pd.concat([matrix, averaged], ignore_index=True)


def matrix_similarity(layers: Sequence[MoELayer], reference: Sequence[FeedForward] = ()) -> pd.DataFrame:
    """Cosine of the flattened weight matrices of each pair of experts (Lo et al., arXiv 2406.18219, section 4.1).

    From experts on disk, two blocks of about a gigabyte of one projection are in memory at a time (`gram`).

    Args:
        layers: MoE layers of a model.
        reference: layers of a dense model, matched by decoder index. One takes part, as does a shared expert, where it
            has as many neurons as an expert.

    Returns:
        One row per layer, projection and pair of members: `layer` (decoder index), `projection` ("gate", "up", "down"),
        `first`, `second` (number of an expert, "shared" or "reference"), `cosine`. A matrix of zeros has cosine 0.

    Raises:
        ModelError: a layer has a single expert, or `reference` lacks a layer or has another hidden size.
        ValueError: weights are not finite.
    """
    tables = []
    for layer in progress(layers, "weight matrices"):
        for projection, compared in by_projection(layer, reference, same_size=True):
            readers = [partial(member.read, projection) for member in compared]
            products = gram(readers, layer.intermediate_size * layer.hidden_size)
            check_finite(np.diag(products), compared, projection)
            names = [member.name for member in compared]
            tables.append(pair_table(layer.index, projection, names, cosines_of(products)))
    return pd.concat(tables, ignore_index=True)


def averaged_similarity(layers: Sequence[MoELayer], reference: Sequence[FeedForward] = ()) -> pd.DataFrame:
    """Cosine of the experts' mean neurons, the mean row of gate and up and column of down (Lo et al., appendix D).

    Args:
        layers: MoE layers of a model.
        reference: layers of a dense model, matched by decoder index; they and shared experts of any number of neurons
            take part.

    Returns:
        Columns as those of `matrix_similarity`.

    Raises:
        ModelError: as `matrix_similarity`.
        ValueError: as `matrix_similarity`.
    """
    tables = []
    for layer in progress(layers, "mean neurons"):
        for projection, compared in by_projection(layer, reference, same_size=False):
            means = mean_neurons(compared, projection)
            names = [member.name for member in compared]
            tables.append(pair_table(layer.index, projection, names, cosines_of(means @ means.T)))
    return pd.concat(tables, ignore_index=True)


def mean_neurons(compared: Sequence[Member], projection: str) -> np.ndarray:
    """Mean over the neurons of each member, [members, H] float64.

    Raises:
        ValueError: weights are not finite.
    """
    means = np.stack([member.by_neuron(projection).float().mean(0).cpu().double().numpy() for member in compared])
    check_finite(means, compared, projection)
    return means
