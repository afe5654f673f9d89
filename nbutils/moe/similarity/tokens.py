"""The outputs of all experts for each token of one sentence, compared pair by pair."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from nbutils.corpora import batch_of
from nbutils.kernels import all_outputs
from nbutils.models import LoadedModel, MoELayer
from nbutils.moe.observe import Routed, check_context, layers_at, observed
from nbutils.moe.outputs import others_beside


@torch.no_grad()
def sentence_similarity(loaded: LoadedModel, sentence: str, layers: Sequence[int] | None = None) -> pd.DataFrame:
    """Similarity of the outputs of each pair of experts for every token of a sentence (Lo et al., figure 2).

    Shared experts are compared too, where the model has them.

    Args:
        loaded: a model with MoE layers.
        sentence: text that fits the model's context; all outputs of a layer are held for all of its tokens.
        layers: decoder indices; all by default.

    Returns:
        One row per layer, token and pair: `model`, `layer`, `position`, `token` (its text), `first`, `second` ("0",
        "1", ..., "shared"), `cosine`, `angular` (1 - arccos(cosine) / pi), `chosen` (how many of the two the model
        chose for this token).

    Raises:
        ValueError: the sentence is empty or longer than the context.
    """
    batch = batch_of(sentence, loaded.tokenizer)
    check_context(loaded, batch.input_ids.shape[1])
    words = [loaded.tokenizer.decode([token]) for token in batch.input_ids[0]]
    chosen_layers = layers_at(loaded, layers)
    others = others_beside(loaded, chosen_layers, ())
    frames: list[pd.DataFrame] = []

    def see(layer: MoELayer, routed: Routed) -> None:
        beside = others[layer.index]
        names = np.array([*map(str, range(layer.num_experts)), *beside])
        outputs = all_outputs(layer.experts, routed.hidden_states, [*beside.values()])
        directions = F.normalize(outputs, dim=-1)
        cosine = (directions @ directions.mT).clamp(-1, 1)
        picked = torch.zeros(outputs.shape[:2], dtype=torch.int64, device=outputs.device)
        picked.scatter_(1, routed.top_k_index, 1)
        first, second = torch.triu_indices(len(names), len(names), offset=1, device=outputs.device)
        values = {
            "cosine": cosine[:, first, second],
            "angular": 1 - cosine[:, first, second].arccos() / torch.pi,
            "chosen": picked[:, first] + picked[:, second],
        }
        pairs = len(first)
        frame = {
            "model": loaded.name,
            "layer": layer.index,
            "position": np.repeat(np.arange(len(words)), pairs),
            "token": np.repeat(np.array(words, dtype=object), pairs),
            "first": np.tile(names[first.cpu().numpy()], len(words)),
            "second": np.tile(names[second.cpu().numpy()], len(words)),
        }
        frames.append(pd.DataFrame(frame | {name: value.cpu().numpy().ravel() for name, value in values.items()}))

    with observed(chosen_layers, see):
        device = loaded.model.device
        loaded.model(batch.input_ids.to(device), attention_mask=batch.attention_mask.to(device), use_cache=False)
    return pd.concat(frames, ignore_index=True)
