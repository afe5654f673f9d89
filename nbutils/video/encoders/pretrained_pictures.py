"""Pictures by CLIP, SigLIP and other vision models of the Hugging Face hub."""

import numpy as np
from transformers import AutoImageProcessor

from nbutils.video.encoders.pretrained import load_pretrained, row_means, unusable


class PretrainedPictures:
    """A row for each picture: the embedding of CLIP or SigLIP, or the mean hidden state of other vision models."""

    before = 0
    after = 0

    def __init__(self, name: str, *, device: str = "auto", dtype: str = "auto"):
        """Loads model `name`; see `load_pretrained` for the arguments.

        Raises:
            ModelError: the model cannot be loaded, or encodes no pictures.
        """
        self._pretrained = load_pretrained(name, device=device, dtype=dtype)
        self.name = self._pretrained.name
        try:
            self._processor = AutoImageProcessor.from_pretrained(self._pretrained.folder, local_files_only=True)
            self.shorter_side = min(side for side in dict(self._processor.size).values() if side)
            blank = np.zeros((1, 1, self.shorter_side, self.shorter_side, 3), np.uint8)
            self.width = self.encode(blank).shape[1]
        except Exception as error:
            raise unusable(name, "pictures", "CLIP, SigLIP, ViT or DINOv2", error) from error

    def encode(self, windows: np.ndarray) -> np.ndarray:
        """Rows float32 [n, width] of pictures uint8 [n, 1, height, width, 3]."""
        inputs = self._processor(images=list(windows[:, 0]), input_data_format="channels_last", return_tensors="pt")
        return row_means(self._pretrained({"pixel_values": inputs["pixel_values"]}, "get_image_features"))
