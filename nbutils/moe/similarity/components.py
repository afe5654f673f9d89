"""Principal components of experts, each a whole matrix, and of neurons (Lo et al., appendix C, figures 6 and 7)."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import torch
from scipy.linalg import eigh
from torch import Tensor

from nbutils.models import FeedForward, MoELayer
from nbutils.moe.similarity.gram import gram
from nbutils.moe.similarity.members import Member, by_projection, check_finite
from nbutils.progress import progress


def expert_components(layers: Sequence[MoELayer], reference: Sequence[FeedForward] = ()) -> pd.DataFrame:
    """First two principal components of the experts, of each projection's flattened matrices.

    Each weight is standardised over the experts, as in the paper. The components come from the inner products of the
    standardised matrices, so that only blocks of experts are in memory (`gram`), and up to five matrices in float32.

    Args:
        layers: MoE layers of a model.
        reference: layers of a dense model, matched by decoder index. One takes part, as does a shared expert, where it
            has as many neurons as an expert.

    Returns:
        One row per layer, projection and member: `layer`, `projection`, `member` (number of an expert, "shared" or
        "reference"), `x`, `y`, `explained_x`, `explained_y` (shares of the variance). Signs are such that the largest
        coordinate of a component is positive.

    Raises:
        ModelError: a layer has a single expert, or `reference` lacks a layer or has another hidden size.
        ValueError: weights are not finite.
    """
    tables = []
    for layer in progress(layers, "expert components"):
        for projection, compared in by_projection(layer, reference, same_size=True):
            scores, explained = _from_gram(_standardised_gram(compared, projection))
            table = pd.DataFrame({"layer": layer.index, "projection": projection, "member": [m.name for m in compared]})
            tables.append(_with_coordinates(table, scores, explained))
    return pd.concat(tables, ignore_index=True)


def neuron_components(
    layers: Sequence[MoELayer],
    reference: Sequence[FeedForward] = (),
    *,
    most_neurons: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """First two principal components of the neurons of all experts of a layer, for each projection.

    The hidden coordinates are standardised over all neurons. The components are exact, from the covariance [H, H] of
    every neuron; only the neurons that are returned are a sample.

    Args:
        layers: MoE layers of a model.
        reference: layers of a dense model, matched by decoder index; they and shared experts take part.
        most_neurons: neurons to return of a layer and projection, as many of each member.
        seed: of the sample.

    Returns:
        One row per layer, projection and sampled neuron: `layer`, `projection`, `member`, `neuron`, `x`, `y`,
        `explained_x`, `explained_y` (shares of the variance of all neurons). Signs as in `expert_components`.

    Raises:
        ModelError: as `expert_components`.
        ValueError: as `expert_components`.
    """
    generator = np.random.default_rng(seed)
    tables = []
    for layer in progress(layers, "neuron components"):
        for projection, compared in by_projection(layer, reference, same_size=False):
            each = max(1, most_neurons // len(compared))
            drawn = [np.sort(generator.permutation(member.neurons)[:each]) for member in compared]
            scores, explained = _components_of_neurons(compared, projection, drawn)
            names = np.repeat([member.name for member in compared], [len(neurons) for neurons in drawn])
            table = pd.DataFrame({"layer": layer.index, "projection": projection, "member": names})
            tables.append(_with_coordinates(table.assign(neuron=np.concatenate(drawn)), scores, explained))
    return pd.concat(tables, ignore_index=True)


def _standardised_gram(compared: Sequence[Member], projection: str) -> np.ndarray:
    """Inner products [n, n] of the members' matrices, each weight standardised over the members."""
    mean, scale = _weight_moments(compared, projection)
    readers = [partial(member.read, projection) for member in compared]

    def standardise(chunk: Tensor, rows: slice) -> Tensor:
        return chunk.sub_(mean[rows].to(chunk.device)).mul_(scale[rows].to(chunk.device))

    return gram(readers, mean.numel(), standardise)


def _weight_moments(compared: Sequence[Member], projection: str) -> tuple[Tensor, Tensor]:
    """Mean and inverse standard deviation of each weight over members (Welford's recurrence); 0 for a constant one."""
    mean, squares = None, None
    for count, member in enumerate(compared, start=1):
        matrix = _finite(member, projection, member.read(projection))
        if mean is None:
            mean, squares = torch.zeros_like(matrix), torch.zeros_like(matrix)
        difference = matrix.to(mean.device) - mean
        mean.add_(difference, alpha=1 / count)
        squares.addcmul_(difference, matrix.to(mean.device) - mean)
    deviation = squares.div_(len(compared)).sqrt_()
    return mean, torch.where(deviation > 0, 1 / deviation, 0.0)


def _from_gram(products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores [n, 2] and shares of variance [2] from inner products [n, n] of rows centred up to rounding."""
    products = products - products.mean(0) - products.mean(1)[:, None] + products.mean()
    values, vectors = _largest_two(products)
    return vectors * np.sqrt(values), _shares(values, np.trace(products))


def _components_of_neurons(
    compared: Sequence[Member], projection: str, drawn: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Scores [neurons, 2] of the drawn neurons of each member, and shares of the variance of all neurons [2]."""
    count, total, products, sample, origin = 0, 0.0, 0.0, [], None
    for member, chosen in zip(compared, drawn, strict=True):
        neurons = _finite(member, projection, member.by_neuron(projection))
        if origin is None:
            origin = neurons.mean(0)  # near the mean of all, so that float32 products lose nothing to it
        neurons = neurons - origin.to(neurons.device)
        count += len(neurons)
        total = total + neurons.sum(0).cpu().double().numpy()
        products = products + (neurons.T @ neurons).cpu().double().numpy()
        sample.append(neurons[chosen].cpu().double().numpy())
    mean = total / count
    covariance = products / count - np.outer(mean, mean)
    deviation = np.sqrt(np.diag(covariance).clip(0))
    scale = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    correlation = covariance * np.outer(scale, scale)
    values, vectors = _largest_two(correlation)
    return ((np.concatenate(sample) - mean) * scale) @ vectors, _shares(values, np.trace(correlation))


def _largest_two(symmetric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest two eigenvalues [2], the largest first, and their vectors [n, 2]."""
    n = len(symmetric)
    values, vectors = eigh(symmetric, subset_by_index=[n - 2, n - 1])
    return values[::-1].clip(0), vectors[:, ::-1]


def _shares(values: np.ndarray, total: float) -> np.ndarray:
    return values / total if total > 0 else np.zeros_like(values)


def _finite(member: Member, projection: str, matrix: Tensor) -> Tensor:
    """The matrix in float32; raises ValueError where its sum is not finite."""
    matrix = matrix.float()
    check_finite(matrix.sum()[None].cpu().numpy(), [member], projection)
    return matrix


def _with_coordinates(table: pd.DataFrame, scores: np.ndarray, explained: np.ndarray) -> pd.DataFrame:
    largest = np.abs(scores).argmax(axis=0)
    scores = scores * np.where(scores[largest, [0, 1]] < 0, -1, 1)
    return table.assign(x=scores[:, 0], y=scores[:, 1], explained_x=explained[0], explained_y=explained[1])
