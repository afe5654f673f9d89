"""The way into a model: see what each MoE layer receives, and have the choice of experts in one's hand."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from torch import Tensor, nn
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS

from nbutils.models import LoadedModel, ModelError, MoELayer, moe_layers


@dataclass(frozen=True)
class Routed:
    """What one MoE layer does with the tokens of one forward pass.

    Attributes:
        hidden_states: [T, H] input of the experts.
        router_logits: [T, E] as the router returns them.
        top_k_index: [T, k] experts that the model chose.
        top_k_weights: [T, k] weights that the model gave them.
    """

    hidden_states: Tensor
    router_logits: Tensor
    top_k_index: Tensor
    top_k_weights: Tensor


def layers_at(loaded: LoadedModel, indices: Sequence[int] | None) -> list[MoELayer]:
    """MoE layers with these decoder indices, all for None; raises ValueError where there is none."""
    available = {layer.index: layer for layer in moe_layers(loaded)}
    missing = sorted(set(indices or ()) - set(available))
    if missing or (indices is not None and not indices):
        asked = f"no layer {missing[0]}" if missing else "no layer"
        choices = ", ".join(map(str, available))
        raise ValueError(f"there is {asked} to measure in {loaded.name!r}: its MoE layers are {choices}.")
    return [layer for index, layer in available.items() if indices is None or index in set(indices)]


def check_context(loaded: LoadedModel, length: int) -> None:
    """Raises ValueError when `length` tokens do not fit the model's context."""
    context = getattr(loaded.model.config.get_text_config(), "max_position_embeddings", None)
    if context is not None and length > context:
        raise ValueError(
            f"{length} tokens do not fit the {context}-token context of {loaded.name!r}: shorten the text or window."
        )


@contextmanager
def observed(layers: Sequence[MoELayer], see: Callable[[MoELayer, Routed], None]) -> Iterator[None]:
    """Calls `see` for each of `layers` during every forward pass in the `with` block; logits stay bit-identical."""

    def look_on(layer: MoELayer, routed: Routed) -> tuple[Tensor, Tensor]:
        see(layer, routed)
        return routed.top_k_index, routed.top_k_weights

    with intercepted(layers, look_on):
        yield


@contextmanager
def intercepted(
    layers: Sequence[MoELayer], choose: Callable[[MoELayer, Routed], tuple[Tensor, Tensor]]
) -> Iterator[None]:
    """Has `choose` say which experts run, for each of `layers` during every forward pass in the `with` block.

    The experts function registered here calls `choose` with the choice and weights that the router hands to the
    experts, and then the implementation that the model had with what `choose` returns.

    Args:
        layers: MoE layers of one model.
        choose: from a layer and what it receives to `top_k_index` and `top_k_weights`.

    Raises:
        ModelError: a layer that cannot be observed, with its `hindrance`.
    """
    for layer in layers:
        if layer.hindrance:
            raise ModelError(f"{layer.name} cannot be observed, though its weights can be read: {layer.hindrance}")
    by_experts = {id(layer.experts): layer for layer in layers}
    logits: dict[int, Tensor] = {}
    configs = {id(layer.experts.config): layer.experts.config for layer in layers}
    own = {key: config._experts_implementation for key, config in configs.items()}
    name = f"nbutils_observed_{id(by_experts)}"  # of its own, so that two models can be observed at a time

    def keep_logits(layer: MoELayer) -> Callable:
        def hook(router: nn.Module, inputs: tuple, outputs: tuple) -> None:
            logits[id(layer.experts)] = _router_logits(layer, outputs)

        return hook

    def forward(experts: nn.Module, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
        if layer := by_experts.get(id(experts)):
            routed = Routed(hidden_states, logits.pop(id(experts)), top_k_index, top_k_weights)
            top_k_index, top_k_weights = choose(layer, routed)
        original = type(experts).forward.__wrapped__
        implementation = ALL_EXPERTS_FUNCTIONS.get_interface(own[id(experts.config)], original)
        return implementation(experts, hidden_states, top_k_index, top_k_weights)

    with ExitStack() as stack:
        for layer in layers:
            stack.callback(layer.router.register_forward_hook(keep_logits(layer)).remove)
        ALL_EXPERTS_FUNCTIONS[name] = forward
        stack.callback(ALL_EXPERTS_FUNCTIONS.__delitem__, name)
        for key, config in configs.items():
            stack.callback(setattr, config, "_experts_implementation", own[key])
            config._experts_implementation = name
        yield


def _router_logits(layer: MoELayer, outputs: tuple) -> Tensor:
    for output in outputs if isinstance(outputs, tuple) else (outputs,):
        if isinstance(output, Tensor) and output.is_floating_point() and output.shape[-1] == layer.num_experts:
            return output.reshape(-1, layer.num_experts)
    raise ValueError(f"router {layer.name!r} returns no score for each of its {layer.num_experts} experts.")
