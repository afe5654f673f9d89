"""Plain forward passes over batches, with what the router does with every token that is not padding."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, MoELayer
from nbutils.moe.observe import Routed, check_context, observed
from nbutils.moe.probe import GROUPS
from nbutils.progress import progress

# Tables of pairs of experts are kept for this many folds of passages, not for each group: a divisor of GROUPS.
FOLDS = 25


@dataclass(frozen=True)
class Tokens:
    """The T tokens of one batch without padding.

    Attributes:
        ids: [T] vocabulary numbers.
        sequence: [T] number of the passage.
        groups: [T] cluster, `GROUPS` for each domain in the order in which domains come up.
        folds: [T] coarser cluster, below `FOLDS`; a group lies in one fold.
    """

    ids: Tensor
    sequence: Tensor
    groups: Tensor
    folds: Tensor


@dataclass
class Domains:
    """Names of the domains that came up, in that order."""

    names: list[str] = field(default_factory=list)

    def tokens_of(self, batch: Batch) -> Tokens:
        """The tokens of a batch, its domains added to the names."""
        self.names += [name for name in dict.fromkeys(batch.domains) if name not in self.names]
        domain = torch.tensor([self.names.index(name) for name in batch.domains])
        valid = batch.attention_mask.flatten().bool()

        def of_tokens(values: Tensor) -> Tensor:
            return values.repeat_interleave(batch.input_ids.shape[1])[valid]

        return Tokens(
            ids=batch.input_ids.flatten()[valid],
            sequence=of_tokens(batch.sequence),
            groups=of_tokens(domain * GROUPS + batch.sequence % GROUPS),
            folds=of_tokens(batch.sequence % FOLDS),
        )


@torch.no_grad()
def run_batches(
    loaded: LoadedModel,
    batches: Iterable[Batch],
    layers: Sequence[MoELayer],
    see: Callable[[MoELayer, Routed, Tokens], None],
) -> list[str]:
    """One forward pass for each batch, in which `see` is handed the tokens of each layer without padding.

    Returns:
        Names of the domains: group g is of domain g // GROUPS.

    Raises:
        ValueError: there is no token, a window is longer than the model's context, layers differ in their number of
            experts or of experts per token, or a router gives a value that is not finite.
    """
    if len({(layer.num_experts, layer.top_k) for layer in layers}) > 1:
        sizes = ", ".join(f"layer {layer.index}: {layer.top_k} of {layer.num_experts}" for layer in layers)
        raise ValueError(f"the MoE layers of {loaded.name!r} differ ({sizes}): choose layers that are alike.")
    domains, model, seen = Domains(), loaded.model, 0
    for batch in progress(batches, loaded.name):
        check_context(loaded, batch.input_ids.shape[1])
        tokens, valid = domains.tokens_of(batch), batch.attention_mask.flatten().bool()
        seen += len(tokens.ids)

        def see_valid(layer: MoELayer, routed: Routed, tokens=tokens, valid=valid) -> None:
            valid = valid.to(routed.router_logits.device)
            routed = Routed(*(getattr(routed, name)[valid] for name in Routed.__dataclass_fields__))
            if not torch.isfinite(routed.router_logits).all():
                raise ValueError(
                    f"the router of layer {layer.index} in {loaded.name!r} gives values that are not finite: check its "
                    "weights and those before it."
                )
            see(layer, routed, tokens)

        with observed(layers, see_valid):
            model(
                input_ids=batch.input_ids.to(model.device),
                attention_mask=batch.attention_mask.to(model.device),
                use_cache=False,
                logits_to_keep=1,
            )
    if not seen:
        raise ValueError("there is no token to measure: give at least one batch.")
    return domains.names
