"""Loads pretrained encoders from the Hugging Face hub or a folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, PreTrainedModel

from nbutils.models.errors import ModelError
from nbutils.models.placement import plan_placement
from nbutils.models.quiet import quiet_loading
from nbutils.models.sources import find_source


@dataclass(frozen=True)
class Pretrained:
    """A model in eval mode without gradients.

    Attributes:
        name: its hub name or that of its folder, with what its weights and their precision are.
        folder: where its files are on this machine.
        model: on its device.
    """

    name: str
    folder: Path
    model: PreTrainedModel

    def __call__(self, inputs: dict[str, torch.Tensor], projection: str) -> torch.Tensor:
        """What the model makes of `inputs`, float32 on CPU.

        Where it has a method `projection` (`get_image_features`, say) that is the embedding that CLIP and its kind
        compare, [n, width]; otherwise the last hidden states, [n, tokens, width] or [n, width, height, width].
        """
        moved = {
            key: value.to(self.model.device, self.model.dtype if value.is_floating_point() else value.dtype)
            for key, value in inputs.items()
        }
        with torch.inference_mode():
            if hasattr(self.model, projection):
                result = getattr(self.model, projection)(**moved).pooler_output
            else:
                result = self.model(**moved).last_hidden_state
        return result.float().cpu()


def row_means(result: torch.Tensor) -> np.ndarray:
    """Rows [n, width] as they are; of hidden states the mean over tokens, or over places of a convolutional network."""
    if result.ndim == 4:
        result = result.flatten(2).transpose(1, 2)
    return (result if result.ndim == 2 else result.mean(dim=1)).numpy()


def load_pretrained(name: str, *, device: str = "auto", dtype: str = "auto") -> Pretrained:
    """Loads a model of any architecture that transformers has, from safetensors alone and without running its code.

    Args:
        name: a folder or a hub name, which may carry its revision ("owner/model@revision").
        device: "auto" (CUDA, then MPS, then CPU), "cuda", "cuda:N", "mps" or "cpu".
        dtype: "auto" (as stored on a GPU, float32 on CPU), "float32", "bfloat16" or "float16".

    Raises:
        ModelError: one sentence that names the model and the way out, for all that cannot be loaded.
    """
    placement = plan_placement(device, dtype, None, None)
    source = find_source(name, None).fetch(with_code=False)
    with quiet_loading():
        try:
            model, report = AutoModel.from_pretrained(
                source.folder,
                dtype=placement.dtype,
                device_map=placement.device_map,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
        except Exception as error:
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            raise ModelError(f"transformers cannot load model {name!r} as an encoder ({reason})") from error
    # Poolers are often not trained, and not used here.
    missing = sorted(key for key in report["missing_keys"] if "pooler." not in key)
    if missing:
        raise ModelError(
            f"the checkpoint of model {name!r} lacks {len(missing)} of its weights ({missing[0]}): choose another"
        )
    stem = Path(source.name).name if Path(source.name).is_dir() else source.name
    precision = str(model.dtype).removeprefix("torch.")
    identity = f"{stem} {precision} sha256:{_weights_digest(source.folder)}"
    return Pretrained(identity, source.folder, model.eval().requires_grad_(False))


def _weights_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def unusable(name: str, what: str, families: str, error: Exception) -> ModelError:
    """What to say of a model that is loaded but cannot encode what it should."""
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    return ModelError(f"model {name!r} cannot encode {what} ({reason}): choose one of the kind of {families}")
