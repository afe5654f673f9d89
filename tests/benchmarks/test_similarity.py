"""Weight similarity and neuron matching against the paper's loops over pairs and over neurons."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import CosineSimilarity
from torch.nn.functional import normalize

from nbutils.moe.similarity import matching, matrix_similarity
from tests.moe.similarity.made_layers import MadeFeedForward, MadeLayer


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def layer_of(experts, neurons, hidden):
    """Experts whose three projections hold the same numbers, to save memory; each is read and compared."""
    torch.manual_seed(0)
    weights = torch.randn(experts, neurons, hidden)
    return MadeLayer([MadeFeedForward({"gate": w, "up": w, "down": w.view(hidden, neurons)}) for w in weights])


def cosines_pair_by_pair(layer):
    """The paper's notebook: for each projection and pair, the cosine of the flattened matrices."""
    cosine, found = CosineSimilarity(dim=0), []
    for projection in ("gate", "up", "down"):
        flat = [getattr(layer, projection)(expert).reshape(-1) for expert in range(layer.num_experts)]
        for first in range(len(flat)):
            for second in range(first + 1, len(flat)):
                found.append(cosine(flat[first], flat[second]).cpu().item())
    return found


# One layer of DeepSeekMoE-16B, and one whose matrices are smaller.
@pytest.mark.parametrize(("neurons", "hidden"), [(1408, 2048), (704, 1024)], ids=str)
def test_gram_speed(benchmark, measuring, best_seconds, neurons, hidden):
    layer = layer_of(64, neurons, hidden) if measuring else layer_of(6, 8, 16)

    seconds = best_seconds(
        {"gram": lambda: matrix_similarity([layer]), "pair loop": lambda: cosines_pair_by_pair(layer)}, rounds=2
    )
    result = benchmark.pedantic(lambda: matrix_similarity([layer]), rounds=1)

    np.testing.assert_allclose(result["cosine"], cosines_pair_by_pair(layer), atol=1e-5)
    report(benchmark, seconds, {"pair loop / gram (goal at least 20)": seconds["pair loop"] / seconds["gram"]})


def match_row_by_row(first, second):
    """The paper's notebook: each neuron against all of the other expert, whose norms are computed every time."""
    cosine, rows = CosineSimilarity(dim=1), []
    for neuron in first:
        rows.append(cosine(neuron[None], second).numpy())
    return linear_sum_assignment(np.stack(rows), maximize=True)


def match_by_product(first, second):
    """The least that can be done: one product of normalised neurons, one assignment."""
    return linear_sum_assignment((normalize(first) @ normalize(second).T).numpy(), maximize=True)


def test_matching_speed(benchmark, measuring, best_seconds):
    """`matching` finds eight assignments for a pair: three projections and the whole neuron, and their nulls."""
    layer = layer_of(2, *((1024, 2048) if measuring else (8, 16)))
    first, second = layer.up(0), layer.up(1)

    seconds = best_seconds(
        {
            "matching, eight assignments": lambda: matching([layer]),
            "row loop, one assignment": lambda: match_row_by_row(first, second),
            "product, one assignment": lambda: match_by_product(first, second),
        },
        rounds=3,
    )
    result = benchmark.pedantic(lambda: matching([layer]), rounds=1).set_index("projection")

    rows, columns = match_row_by_row(first, second)
    expected = (normalize(first)[rows] * normalize(second)[columns]).sum(1).mean()
    np.testing.assert_allclose(result.loc["up", "neuron_cosine"], expected, atol=1e-5)
    each = seconds["matching, eight assignments"] / 8
    report(
        benchmark,
        seconds,
        {
            "row loop / an assignment of matching (goal at least 20)": seconds["row loop, one assignment"] / each,
            "an assignment of matching / product and assignment (goal at most 2)": each
            / seconds["product, one assignment"],
        },
    )


def report(benchmark, seconds, ratios):
    numbers = {f"{name}, s": value for name, value in seconds.items()} | ratios
    benchmark.extra_info.update(numbers)
    print("", *(f"{name}: {value:.3f}" for name, value in numbers.items()), sep="\n")
