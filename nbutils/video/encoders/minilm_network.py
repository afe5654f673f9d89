"""The network of MiniLM, on torch alone: transformers would take 190 MB of memory and seconds to load.

A BERT (Devlin et al. 2019) of 6 layers whose last hidden states are averaged and brought to length 1 (Reimers and
Gurevych 2019).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

from nbutils.models.placement import choose_device

_LAYERS, _HEADS, _EPSILON = 6, 12, 1e-12
_MOST_TOKENS = 256


class MiniLMNetwork:
    """Embeds a batch of texts."""

    def __init__(self, folder: Path, device: str):
        """Reads the weights and the tokenizer that `folder` holds; `device` is as in `models.load_causal_lm`."""
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._tokenizer.enable_padding()
        self._device = choose_device(device)
        self._weights = load_file(folder / "model.safetensors", device=self._device)

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Rows float32 [n, 384] of length 1."""
        encodings = self._tokenizer.encode_batch(list(texts))
        ids = torch.tensor([encoding.ids for encoding in encodings], device=self._device)
        mask = torch.tensor([encoding.attention_mask for encoding in encodings], device=self._device).bool()
        # Every text is a first sentence.
        tables = (self._weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type"))
        words, positions, kinds = tables
        hidden = self._norm(words[ids] + positions[: ids.shape[1]] + kinds[0], "embeddings.LayerNorm")
        for number in range(_LAYERS):
            hidden = self._layer(hidden, mask, f"encoder.layer.{number}")
        return F.normalize((hidden * mask[..., None]).sum(dim=1), dim=1).cpu().numpy()

    def _layer(self, hidden: torch.Tensor, mask: torch.Tensor, name: str) -> torch.Tensor:
        """Attention and feed-forward part, each added to its input and normalised after."""
        query, key, value = (
            self._linear(hidden, f"{name}.attention.self.{part}").unflatten(-1, (_HEADS, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        mixed = self._linear(mixed.transpose(1, 2).flatten(2), f"{name}.attention.output.dense")
        hidden = self._norm(hidden + mixed, f"{name}.attention.output.LayerNorm")
        inner = F.gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._norm(hidden + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, hidden: torch.Tensor, name: str) -> torch.Tensor:
        return F.linear(hidden, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, hidden: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return F.layer_norm(hidden, weight.shape, weight, bias, _EPSILON)
