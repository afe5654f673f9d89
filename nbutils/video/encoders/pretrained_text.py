"""Texts by sentence encoders and other text models of the Hugging Face hub."""

import json
from collections.abc import Sequence
from pathlib import Path

import huggingface_hub
import numpy as np
from huggingface_hub.errors import HTTPError
from torch.nn.functional import normalize
from transformers import AutoTokenizer

from nbutils.video.encoders.pretrained import load_pretrained, unusable
from nbutils.video.encoders.text_batches import rows_in_batches

_POOLING = "1_Pooling/config.json"
_LENGTH = "sentence_bert_config.json"
_MOST_TOKENS = 512


class PretrainedText:
    """A row of length 1 for each text: the embedding of a sentence encoder, or of the text side of CLIP and its kind.

    Of a sentence encoder that is the mean of the last hidden states, or the first of them where its settings say so.
    Longer texts than the model takes are cut.
    """

    def __init__(self, name: str, *, device: str = "auto", dtype: str = "auto"):
        """Loads model `name`; see `load_pretrained` for the arguments.

        Raises:
            ModelError: the model cannot be loaded, or encodes no text.
        """
        self._pretrained = load_pretrained(name, device=device, dtype=dtype)
        folder = self._pretrained.folder
        self._first = _settings(_pooling_file(name, folder)).get("pooling_mode_cls_token", False)
        self.name = f"{self._pretrained.name} {'first token' if self._first else 'mean'}"
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            longest = _settings(folder / _LENGTH).get("max_seq_length", self._tokenizer.model_max_length)
            self._longest = min(longest, _longest_text(self._pretrained.model.config))
            # SigLIP was trained on texts of one length, and takes no mask.
            self._padding = "max_length" if "siglip" in self._pretrained.model.config.model_type else "longest"
            self.width = self.encode(["text"]).shape[1]
        except Exception as error:
            raise unusable(name, "text", "sentence-transformers/all-MiniLM-L6-v2", error) from error

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Rows float32 [n, width] of length 1."""
        return rows_in_batches(self._encode, texts)

    def _encode(self, texts: list[str]) -> np.ndarray:
        inputs = self._tokenizer(
            texts,
            padding=self._padding,
            truncation=True,
            max_length=self._longest,
            return_attention_mask=True,
            return_tensors="pt",
        )
        mask = inputs["attention_mask"][..., None].float()
        if self._padding == "max_length":
            inputs.pop("attention_mask")
        result = self._pretrained(dict(inputs), "get_text_features")
        if result.ndim == 3:
            result = result[:, 0] if self._first else (result * mask).sum(dim=1) / mask.sum(dim=1)
        return normalize(result, dim=1).numpy()


def _longest_text(config) -> int:
    """Tokens that the model has positions for."""
    return getattr(getattr(config, "text_config", config), "max_position_embeddings", None) or _MOST_TOKENS


def _pooling_file(name: str, folder: Path) -> Path:
    """Where the pooling of a sentence encoder is set; of a hub repository the file is fetched where there is one."""
    if not Path(name).expanduser().is_dir():
        repository, _, revision = name.partition("@")
        try:
            return Path(huggingface_hub.hf_hub_download(repository, _POOLING, revision=revision or None))
        except (OSError, ValueError, HTTPError):
            return folder / _POOLING
    return folder / _POOLING


def _settings(file: Path) -> dict:
    return json.loads(file.read_text("utf-8")) if file.exists() else {}
