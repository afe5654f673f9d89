"""What the router and the experts do with each token of one sentence."""

from collections.abc import Sequence

import pandas as pd
import torch

from nbutils.corpora import batch_of
from nbutils.kernels import expert_norms
from nbutils.models import LoadedModel, MoELayer
from nbutils.moe.observe import Routed, check_context, layers_at, observed
from nbutils.moe.scores import gate_scores


@torch.no_grad()
def sentence_table(loaded: LoadedModel, sentence: str, layers: Sequence[int] | None = None) -> pd.DataFrame:
    """Score, norm and choice of every expert for every token of a sentence (Lo et al., figures 4 and 14).

    Args:
        loaded: a model with MoE layers.
        sentence: text that fits the model's context.
        layers: decoder indices; all by default.

    Returns:
        One row per layer, token and expert: `model`, `layer`, `position`, `token` (its text), `expert`, `score`
        (softmax of the router's logits), `norm` (of the unweighted output), `weight` (the routing weight, 0 for
        experts that were not chosen), `chosen`.

    Raises:
        ValueError: the sentence is empty or longer than the context.
    """
    batch = batch_of(sentence, loaded.tokenizer)
    check_context(loaded, batch.input_ids.shape[1])
    words = [loaded.tokenizer.decode([token]) for token in batch.input_ids[0]]
    frames: list[pd.DataFrame] = []

    def see(layer: MoELayer, routed: Routed) -> None:
        weights = torch.zeros_like(routed.router_logits.float())
        weights.scatter_(1, routed.top_k_index, routed.top_k_weights.float())
        chosen = torch.zeros_like(weights, dtype=torch.bool).scatter_(1, routed.top_k_index, True)
        columns = {
            "score": gate_scores(routed.router_logits),
            "norm": expert_norms(layer.experts, routed.hidden_states).norm,
            "weight": weights,
            "chosen": chosen,
        }
        index = pd.MultiIndex.from_product(
            [[loaded.name], [layer.index], range(len(words)), range(layer.num_experts)],
            names=["model", "layer", "position", "expert"],
        )
        values = {name: value.cpu().numpy().reshape(-1) for name, value in columns.items()}
        frames.append(pd.DataFrame(values, index=index).reset_index())

    with observed(layers_at(loaded, layers), see):
        device = loaded.model.device
        loaded.model(batch.input_ids.to(device), attention_mask=batch.attention_mask.to(device), use_cache=False)
    table = pd.concat(frames, ignore_index=True)
    table.insert(3, "token", table["position"].map(dict(enumerate(words))))
    return table
