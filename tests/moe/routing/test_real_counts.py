"""The plain functions on routing counts of OLMoE-1B-7B and Mixtral-8x7B (from OLMoE's analysis scripts, Apache-2.0).

The counts are no part of the project: NBUTILS_ROUTING_COUNTS names a CSV file with the columns `model`, `domain`,
`layer`, `expert` and `count`.
"""

import os

import numpy as np
import pandas as pd
import pytest

from nbutils.moe.routing import divergence_bits, load_statistics

PATH = os.environ.get("NBUTILS_ROUTING_COUNTS", "")
DOMAINS = ["arxiv", "book", "c4", "github", "wikipedia"]
pytestmark = pytest.mark.skipif(not os.path.isfile(PATH), reason="NBUTILS_ROUTING_COUNTS names no file")


def counts(model):
    """Slots [D, L, E] of the domains that both models saw."""
    table = pd.read_csv(PATH)
    table = table[(table["model"] == model) & table["domain"].isin(DOMAINS)]
    cells = table.sort_values(["domain", "layer", "expert"])["count"].to_numpy()
    return cells.reshape(len(DOMAINS), table["layer"].nunique(), table["expert"].nunique())


def test_olmoe_serves_domains_and_mixtral_hardly_does():
    olmoe, mixtral = (divergence_bits(counts(model)) for model in ("OLMoE-1B-7B", "Mixtral-8x7B"))

    np.testing.assert_allclose(olmoe, [0.167, 0.400, 0.501], atol=0.001)
    np.testing.assert_allclose(mixtral, [0.003, 0.004, 0.009], atol=0.001)


def test_mixtrals_loads_are_even_and_those_of_olmoe_less_so():
    olmoe, mixtral = (load_statistics(counts(model).sum(0)) for model in ("OLMoE-1B-7B", "Mixtral-8x7B"))

    np.testing.assert_allclose(olmoe["max_vio"], [1.098, 1.751, 1.727], atol=0.001)
    np.testing.assert_allclose(mixtral["max_vio"], [0.183, 0.070, 0.149], atol=0.001)
    assert (olmoe["dead"] == 0).all()
    assert (mixtral["entropy"] / 3 > 0.99).all()
