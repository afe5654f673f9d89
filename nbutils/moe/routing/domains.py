"""Do experts serve domains of text? (OLMoE, arXiv 2409.02060, section 5.3)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbutils.moe.routing.intervals import clustered_share_interval, jackknife
from nbutils.moe.routing.load import entropy_bits
from nbutils.moe.routing.record import Routing


def domain_shares(routings: Mapping[str, Routing]) -> pd.DataFrame:
    """Share of each domain's routed slots that an expert takes.

    Returns:
        One row per model, layer, domain and expert: `model`, `layer`, `domain`, `expert`, `tokens` of the domain for
        which it was chosen, `share` of the domain's slots with `low` and `high` (95 %, over passages, also for rare
        experts; each by itself), `uniform` (1 / E), `overall` (mean of the share over domains, which does not depend on
        how much text each gave), `ratio` (`share` over `overall`; missing where that is 0), `passages` of the domain.
    """
    frames = []
    for name, routing in routings.items():
        counts = by_domain(routing)
        shares = counts / counts.sum(-1, keepdims=True)
        overall = np.broadcast_to(shares.mean(0), shares.shape)
        ends = []
        for domain in range(len(routing.domains)):
            own = routing.domain == domain
            ends.append(clustered_share_interval(routing.loads[own], routing.tokens[own, None, None]))
        with np.errstate(invalid="ignore"):
            values = {
                "tokens": counts,
                "share": shares,
                "low": np.stack([low for low, _ in ends]) / routing.top_k,
                "high": np.stack([high for _, high in ends]) / routing.top_k,
                "uniform": np.full(shares.shape, 1 / routing.experts),
                "overall": overall,
                "ratio": np.where(overall > 0, shares / overall, np.nan),
            }
        index = pd.MultiIndex.from_product(
            [[name], routing.domains, routing.layers, range(routing.experts)],
            names=["model", "domain", "layer", "expert"],
        )
        frame = pd.DataFrame({key: value.reshape(-1) for key, value in values.items()}, index=index).reset_index()
        passages = dict(zip(routing.domains, np.bincount(routing.domain).tolist(), strict=True))
        frames.append(frame.assign(passages=frame["domain"].map(passages)))
    return pd.concat(frames, ignore_index=True)


def domain_divergence(routings: Mapping[str, Routing], permutations: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How far apart the domains' loads are, against the same passages dealt to domains at random.

    Few passages make loads differ by themselves; the null says by how much. The test of the mean over layers is one
    test; those of single layers are not corrected for their number.

    Args:
        routings: by model name.
        permutations: of the domains among passages.
        seed: of the permutations.

    Returns:
        One row per model and layer: `model`, `layer` (-1: mean over layers), `bits` (`divergence_bits`), `null`
        (its mean over permutations), `null_high` (their 95 % quantile), `p` (one-sided), `corrected` (`bits` less its
        bias) with `low` and `high` (95 %, over passages within domains; missing when a domain has one passage),
        `domains`, `passages`. No row for a model that saw one domain.
    """
    frames = []
    for name, routing in routings.items():
        if len(routing.domains) < 2:
            continue
        loads, layers = routing.loads.astype(float), [*routing.layers, -1]
        value = _with_mean(divergence_bits(by_domain(routing)))
        corrected, low, high = jackknife(loads, lambda counts: _with_mean(divergence_bits(counts)), routing.domain)
        generator = np.random.default_rng(seed)
        members = np.eye(len(routing.domains))[routing.domain]
        null = np.stack(
            [
                _with_mean(divergence_bits(np.tensordot(generator.permutation(members), loads, axes=(0, 0))))
                for _ in range(permutations)
            ]
        )
        frame = {
            "model": name,
            "layer": layers,
            "bits": value,
            "null": null.mean(0),
            "null_high": np.quantile(null, 0.95, axis=0),
            # Permutations that change nothing give the same value but for rounding.
            "p": (1 + (null >= value * (1 - 1e-9)).sum(0)) / (1 + permutations),
            "corrected": np.clip(corrected, 0, None),
            "low": np.clip(low, 0, None),
            "high": np.clip(high, 0, None),
            "domains": len(routing.domains),
            "passages": len(routing.tokens),
        }
        frames.append(pd.DataFrame(frame))
    columns = ["model", "layer", "bits", "null", "null_high", "p", "corrected", "low", "high", "domains", "passages"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def divergence_bits(counts: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence [...] in bits of the domains' loads, each domain with the same weight.

    It is 0 when all domains use the experts alike, and log2 of the number of domains when each has experts of its own.
    Plain counts of any source will do.

    Args:
        counts: [D, ..., E] routed slots of each domain and expert.
    """
    shares = counts / counts.sum(-1, keepdims=True)
    return entropy_bits(shares.mean(0)) - entropy_bits(shares).mean(0)


def by_domain(routing: Routing) -> np.ndarray:
    """Tokens [D, L, E] of each domain that chose the expert."""
    counts = np.zeros((len(routing.domains), *routing.loads.shape[1:]))
    np.add.at(counts, routing.domain, routing.loads)
    return counts


def _with_mean(values: np.ndarray) -> np.ndarray:
    """Values [L + 1]: of each layer, and their mean."""
    return np.append(values, values.mean())
