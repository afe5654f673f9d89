"""What single experts say about the next token: their outputs through the final norm and the unembedding.

The logit lens (nostalgebraist 2020), held over the experts' outputs instead of the residual stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, ModelError, MoELayer
from nbutils.moe.interventions.readout import Readout, readout
from nbutils.moe.observe import Routed, check_context, layers_at, observed
from nbutils.progress import progress
from nbutils.statistics import percentile_interval, resampled_sums

# Tokens whose experts' outputs are held at a time.
TOKENS = 1024


@dataclass(frozen=True)
class _Targets:
    """Next tokens of a batch of N positions that are not padding.

    Attributes:
        valid: [sequences x length] which positions are not padding.
        told: [N] whether the position has a next token, and its window another position that has one.
        passage: [N] its passage.
        own: [N, H] direction of the unembedding for the next token.
        others: [N, H] mean direction for the next tokens of the other positions in the window.
    """

    valid: Tensor
    told: Tensor
    passage: Tensor
    own: Tensor
    others: Tensor


@dataclass
class _Sums:
    """Sums over the tokens of one layer: `outputs` [E, H] and `tokens` [E] by expert, and sums by passage."""

    outputs: Tensor
    tokens: Tensor
    passages: list[pd.DataFrame] = field(default_factory=list)

    @classmethod
    def empty(cls, layer: MoELayer) -> "_Sums":
        size = (layer.num_experts, layer.hidden_size)
        return cls(torch.zeros(size, dtype=torch.float64), torch.zeros(layer.num_experts, dtype=torch.float64))


@torch.no_grad()
def expert_lens(
    loaded: LoadedModel, batches: Iterable[Batch], layers: Sequence[int] | None = None, top: int = 8
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reads the weighted outputs of the chosen experts as votes for the next token, in one forward pass.

    Each output goes through the final norm by itself, so that its direction counts and not its length.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens.
        layers: decoder indices; all by default.
        top: tokens to name for each expert.

    Returns:
        What each expert adds, and sums by passage for `lens_gains`. The first has one row per layer, expert and rank:
        `model`, `layer`, `expert`, `load_share` (share of the layer's slots), `rank` (1 first), `token`, `logit` (of
        the expert's mean output over the tokens routed to it, minus the mean of these logits over the layer's experts);
        experts without tokens have no rows. The second has one row per layer and passage: `model`, `layer`, `passage`,
        `slots` (chosen experts of the tokens that have a next one), `own` (sum over slots of the logit that the
        expert's output gives to that next token), `others` (to the next tokens of the window's other positions, their
        mean).

    Raises:
        ModelError: the final norm or the unembedding is not found, or the experts write at another width.
        ValueError: a layer has no MoE, a window is longer than the context, or an output is not finite.
    """
    out, subjects = readout(loaded), layers_at(loaded, layers)
    _check_width(loaded, out, subjects)
    sums = {layer.index: _Sums.empty(layer) for layer in subjects}
    device = loaded.model.device
    for batch in progress(batches, loaded.name):
        check_context(loaded, batch.input_ids.shape[1])
        targets = _targets(out, batch)

        def see(layer: MoELayer, routed: Routed, targets=targets) -> None:
            _add(sums[layer.index], out, layer, routed, targets)

        with observed(subjects, see):
            mask = batch.attention_mask.to(device)
            loaded.model(batch.input_ids.to(device), attention_mask=mask, use_cache=False, logits_to_keep=1)
    votes = [_votes(loaded, out, layer, sums[layer.index], top) for layer in subjects]
    passages = [pd.concat(sums[layer.index].passages).assign(layer=layer.index) for layer in subjects]
    by_passage = pd.concat(passages).groupby(["layer", "passage"], as_index=False).sum()
    by_passage.insert(0, "model", loaded.name)
    return pd.concat(votes, ignore_index=True), by_passage


def lens_gains(passages: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How much more an expert's own output speaks for the actual next token than for those of other positions.

    Were the output to say no more about this next token than about any other of its window, the gain would be 0.

    Args:
        passages: the second table of `expert_lens`, of one model or several.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Returns:
        One row per model and layer: `model`, `layer` (-1: mean over layers), `own` and `others` (mean logits over
        slots), `gain` (their difference) with `low` and `high` (95 %, over passages), `passages`, `slots`.
    """
    frames = []
    for model, rows in passages.groupby("model", sort=False):
        layers = rows["layer"].unique()
        ordered = rows.sort_values(["passage", "layer"])[["own", "others", "slots"]]
        sums = ordered.to_numpy(float).reshape(-1, len(layers), 3)
        own, others, slots = np.moveaxis(sums.sum(0), -1, 0)
        samples = resampled_sums(sums, resamples, seed)
        gains = (samples[..., 0] - samples[..., 1]) / samples[..., 2]
        low, high = percentile_interval(np.column_stack([gains, gains.mean(1)]))
        table = pd.DataFrame({"model": model, "layer": [*sorted(layers), -1], "low": low, "high": high})
        for name, total in (("own", own), ("others", others), ("gain", own - others)):
            table[name] = np.append(total / slots, (total / slots).mean())
        frames.append(table.assign(passages=len(sums), slots=int(slots[0])))
    columns = ["model", "layer", "own", "others", "gain", "low", "high", "passages", "slots"]
    return pd.concat(frames, ignore_index=True)[columns]


def weighted_outputs(layer: MoELayer, routed: Routed) -> Tensor:
    """What each chosen expert puts out for each token, times its weight: [T, k, H].

    The module's own code runs every slot as a token with a single expert, so that biases, clamps and norms are its own.
    """
    chosen = routed.top_k_index.shape[1]
    inputs = routed.hidden_states.repeat_interleave(chosen, 0)
    index, weights = routed.top_k_index.reshape(-1, 1), routed.top_k_weights.reshape(-1, 1)
    return type(layer.experts).forward.__wrapped__(layer.experts, inputs, index, weights).unflatten(0, (-1, chosen))


def _check_width(loaded: LoadedModel, out: Readout, layers: Sequence[MoELayer]) -> None:
    for layer in layers:
        if layer.hidden_size != out.unembedding.in_features:
            raise ModelError(
                f"the experts of {layer.name} in model {loaded.name!r} write {layer.hidden_size} numbers and its "
                f"vocabulary is read from {out.unembedding.in_features}: they cannot be read through a logit lens"
            )


def _targets(out: Readout, batch: Batch) -> _Targets:
    valid = batch.attention_mask.bool()
    followed = torch.zeros_like(valid)
    followed[:, :-1] = valid[:, 1:]
    following = batch.input_ids.roll(-1, dims=1)
    own = out.directions(following.flatten()).unflatten(0, valid.shape)
    weights = followed.to(own.device, own.dtype)[..., None]
    count = weights.sum(1, keepdim=True)
    others = ((own * weights).sum(1, keepdim=True) - own) / (count - 1).clamp(min=1)
    told = followed & (followed.sum(1, keepdim=True) > 1)
    passage = batch.sequence[:, None].expand_as(valid)
    return _Targets(valid.flatten(), told[valid], passage[valid], *(x[valid.to(x.device)] for x in (own, others)))


def _add(sums: _Sums, out: Readout, layer: MoELayer, routed: Routed, targets: _Targets) -> None:
    """Adds the tokens of one batch to the sums of a layer."""
    rows = targets.valid.nonzero().squeeze(1).to(routed.hidden_states.device)
    logits = []
    for block, own, others in zip(*(x.split(TOKENS) for x in (rows, targets.own, targets.others)), strict=True):
        part = Routed(*(getattr(routed, name)[block] for name in Routed.__dataclass_fields__))
        outputs = weighted_outputs(layer, part)
        by_expert = outputs.new_zeros(layer.num_experts, outputs.shape[-1], dtype=torch.float32)
        sums.outputs += by_expert.index_add_(0, part.top_k_index.flatten(), outputs.flatten(0, 1).float()).cpu()
        sums.tokens += torch.bincount(part.top_k_index.flatten(), minlength=layer.num_experts).cpu()
        spoken = out.normed(outputs).float().to(own.device).sum(1)
        logits.append(torch.stack([(spoken * own).sum(1), (spoken * others).sum(1)], dim=1).cpu())
    summed = torch.cat(logits).double()
    if not summed.isfinite().all():
        raise ValueError(f"layer {layer.index} gives outputs that are not finite: its weights hold NaN or inf.")
    own, others = summed[targets.told].T.numpy()
    columns = {"passage": targets.passage[targets.told], "slots": routed.top_k_index.shape[1], "own": own}
    sums.passages.append(pd.DataFrame(columns | {"others": others}).groupby("passage", as_index=False).sum())


def _votes(loaded: LoadedModel, out: Readout, layer: MoELayer, sums: _Sums, top: int) -> pd.DataFrame:
    """Rows of the first table of `expert_lens` for one layer."""
    used = sums.tokens.nonzero().squeeze(1)
    means = sums.outputs[used] / sums.tokens[used, None]
    logits = out.logits(means.to(loaded.model.device)).cpu()
    best = (logits - logits.mean(0)).topk(min(top, logits.shape[1]), dim=1)
    index = pd.MultiIndex.from_product(
        [[loaded.name], [layer.index], used.tolist(), range(1, best.indices.shape[1] + 1)],
        names=["model", "layer", "expert", "rank"],
    )
    tokens = [loaded.tokenizer.decode([token]) for token in best.indices.flatten().tolist()]
    table = pd.DataFrame({"token": tokens, "logit": best.values.flatten().numpy()}, index=index).reset_index()
    table.insert(3, "load_share", table["expert"].map(dict(enumerate((sums.tokens / sums.tokens.sum()).tolist()))))
    return table
