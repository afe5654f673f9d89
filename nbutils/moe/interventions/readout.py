"""The way from a hidden state to the vocabulary: a model's final norm and its unembedding."""

from dataclasses import dataclass

from accelerate.utils import align_module_device
from torch import Tensor, nn

from nbutils.models import LoadedModel, ModelError

# What transformers' decoders call the norm after their last layer.
FINAL_NORMS = ("norm", "final_layernorm", "final_layer_norm", "final_norm", "norm_f", "ln_f", "embedding_norm")


@dataclass(frozen=True)
class Readout:
    """What a model does with its last hidden state; scales and caps that it puts on the logits are left out.

    Attributes:
        norm: the norm after the last layer.
        unembedding: from the hidden size H to the vocabulary V.
    """

    norm: nn.Module
    unembedding: nn.Linear

    def normed(self, hidden_states: Tensor) -> Tensor:
        """Hidden states [..., H] as the unembedding reads them."""
        return self.norm(hidden_states.to(self.unembedding.weight.dtype))

    def logits(self, hidden_states: Tensor) -> Tensor:
        """Logits [..., V], float32, of hidden states [..., H]."""
        return self.unembedding(self.normed(hidden_states)).float()

    def directions(self, tokens: Tensor) -> Tensor:
        """Rows [N, H] of the unembedding, float32, for tokens [N]."""
        with align_module_device(self.unembedding):  # an offloaded weight is brought in; any other stays where it is
            weight = self.unembedding.weight
            return weight[tokens.to(weight.device)].detach().float()


def readout(loaded: LoadedModel) -> Readout:
    """Finds the final norm and the unembedding of a causal language model by their places.

    Raises:
        ModelError: there is no norm of a known name, or the unembedding is no linear layer.
    """
    decoder, unembedding = loaded.model.get_decoder(), loaded.model.get_output_embeddings()
    norm = next((module for name, module in decoder.named_children() if name in FINAL_NORMS), None)
    if norm is None:
        raise ModelError(
            f"model {loaded.name!r} has no norm after its last layer among {', '.join(FINAL_NORMS)}: its experts "
            "cannot be read through a logit lens"
        )
    if not isinstance(unembedding, nn.Linear):
        raise ModelError(
            f"model {loaded.name!r} has no linear layer from its hidden states to its vocabulary: its experts cannot "
            "be read through a logit lens"
        )
    return Readout(norm, unembedding)
