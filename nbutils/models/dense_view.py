"""One view of the dense MLPs of any transformers model, found by their structure."""

from torch import nn

from nbutils.models.errors import ModelError
from nbutils.models.expert_weights import are_plain_floats
from nbutils.models.feed_forward import FeedForward, feed_forward
from nbutils.models.loading import LoadedModel
from nbutils.models.matrices import LoadedParameters, separate_scales_error
from nbutils.models.moe_view import ROUTER_NAMES, moe_blocks, named, shared_experts
from nbutils.models.paths import decoder_layer, is_attention_or_norm, sees_text


def dense_layers(model: nn.Module | LoadedModel) -> list[FeedForward]:
    """The dense MLP of each decoder layer that has one, in the order of the model's modules.

    Routed and shared experts are left out, so that a model with dense layers before its MoE layers gives the former.
    gemma4 has a dense MLP beside the experts of each layer; longcat_flash has two in each.

    Raises:
        ModelError: no layer has an MLP that can be viewed, or one is stored in less than 16 bits.
    """
    name, module = named(model)
    routed, read = _routed_parts(module), LoadedParameters(module).read
    layers = [
        view
        for path, part in module.named_modules()
        if sees_text(path) and not is_attention_or_norm(path) and not f"{path}.".startswith(routed)
        if (view := feed_forward(part, decoder_layer(path), path, read)) is not None
    ]
    if not layers:
        raise ModelError(
            f"model {name!r} has no dense MLP that can be read: choose a dense model, or one that has dense layers too"
        )
    for layer in layers:
        dtype = layer.module.get_parameter(layer.projections.down.name).dtype
        if not are_plain_floats(dtype):
            raise separate_scales_error(name, layer.name, str(dtype))
    return layers


def _routed_parts(model: nn.Module) -> tuple[str, ...]:
    """Paths, each with a dot behind it, of the experts, routers and shared experts of all MoE layers."""
    paths = []
    for path, block in moe_blocks(model):
        paths += [f"{path}.{part}." for part in ("experts", *ROUTER_NAMES)]
        shared_name, shared = shared_experts(model, path, block)
        paths += [f"{shared_name}."] if shared is not None else []
    return tuple(paths)
