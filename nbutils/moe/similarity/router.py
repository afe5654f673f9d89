"""How alike the experts' router embeddings are, beside their neurons (Lo et al., arXiv 2406.18219, section 4.3)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.models import MoELayer
from nbutils.moe.similarity.members import PROJECTIONS, by_projection, check_finite, cosines_of, members
from nbutils.moe.similarity.weights import mean_neurons
from nbutils.progress import progress

COLUMNS = ["layer", "first", "second", "router", *PROJECTIONS]


def router_similarity(layers: Sequence[MoELayer]) -> pd.DataFrame:
    """Cosine of router embeddings beside that of the averaged neurons, for each pair of experts.

    The router embedding of an expert is its row of the router's weight.

    Args:
        layers: MoE layers of a model; those whose router is no single matrix (`router_weight()` is None) are left out.

    Returns:
        One row per layer and pair: `layer`, `first`, `second` (numbers of experts), `router`, and `gate`, `up` and
        `down` (cosines of the mean neurons; `gate` is missing for experts without one).

    Raises:
        ModelError: a layer has a single expert.
        ValueError: weights are not finite.
    """
    tables = []
    for layer in progress(layers, "router embeddings"):
        experts, weight = members(layer)[: layer.num_experts], layer.router_weight()
        if weight is None:
            continue
        embeddings = weight.float().cpu().double().numpy()
        check_finite(embeddings, experts, "router")
        cosines = {"router": cosines_of(embeddings @ embeddings.T)}
        for projection, _ in by_projection(layer, same_size=False):
            means = mean_neurons(experts, projection)
            cosines[projection] = cosines_of(means @ means.T)
        first, second = np.triu_indices(layer.num_experts, 1)
        pairs = {name: values[first, second] for name, values in cosines.items()}
        tables.append(
            pd.DataFrame({"layer": layer.index, "first": first.astype(str), "second": second.astype(str)} | pairs)
        )
    return pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS) if tables else pd.DataFrame(columns=COLUMNS)
