"""One view of the MoE layers of any transformers model, found by their structure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from nbutils.models import expert_weights
from nbutils.models.errors import ModelError
from nbutils.models.loading import LoadedModel

TOP_K_NAMES = ("top_k", "num_experts_per_tok")
CONFIG_TOP_K_NAMES = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "moe_topk",
    "moe_top_k",
    "moe_k",
    "top_k_experts",
    "num_selected_experts",
)
SHARED_NAMES = ("shared_expert", "shared_experts", "shared_mlp")
DENSE_NAMES = ("mlp", "feed_forward", "ffn")


@dataclass(frozen=True, eq=False)
class MoELayer:
    """One MoE layer: its modules, its sizes, and its experts' weights whatever their stored layout.

    Attributes:
        index: number of the decoder layer, from the module path.
        name: path of `block` in the model.
        block: the module that holds router and experts (gemma4: the decoder layer itself).
        router: the module that scores the experts; take weights and indices from its output.
        experts: the module that holds all experts' weights.
        num_experts: routed experts, E.
        top_k: experts chosen per token.
        hidden_size: width that an expert reads and writes, H (nemotron_h: its latent size, if it has one).
        intermediate_size: neurons of an expert, I.
        shared_experts: the module that every token passes through besides, or None.
    """

    index: int
    name: str
    block: nn.Module
    router: nn.Module
    experts: nn.Module
    num_experts: int
    top_k: int
    hidden_size: int
    intermediate_size: int
    shared_experts: nn.Module | None

    def gate(self, expert: int) -> Tensor | None:
        """Gate projection of one expert, [I, H], a view without gradient; None where experts are not gated."""
        return expert_weights.gate_and_up(self.experts, expert)[0]

    def up(self, expert: int) -> Tensor:
        """Up projection of one expert, [I, H], a view without gradient."""
        return expert_weights.gate_and_up(self.experts, expert)[1]

    def down(self, expert: int) -> Tensor:
        """Down projection of one expert, [H, I], a view without gradient."""
        return expert_weights.down(self.experts, expert)


def moe_layers(model: nn.Module | LoadedModel) -> list[MoELayer]:
    """All MoE layers of a model, in the order of its modules.

    A block is an MoE layer when it has `experts` and a `gate` or `router`, and the experts module follows transformers'
    experts interface (it carries the flags `has_gate`, `is_transposed` and `is_concatenated`).

    Raises:
        ModelError: the model is dense; its experts do not follow that interface (llama4, dbrx, jetmoe, ...) or are
            stored in less than 16 bits; or a router does not score exactly the experts (zaya's extra skip expert,
            inkling's shared ones).
    """
    name, module = _named(model)
    layers = [_layer(name, module, path, block) for path, block in _blocks(module)]
    if not layers:
        raise ModelError(_dense_message(name, module))
    return layers


def _named(model: nn.Module | LoadedModel) -> tuple[str, nn.Module]:
    if isinstance(model, LoadedModel):
        return model.name, model.model
    config_name = getattr(getattr(model, "config", None), "name_or_path", "")
    return config_name or type(model).__name__, model


def _blocks(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Modules that hold experts, or a router whose experts are kept some other way."""
    for path, module in model.named_modules():
        children = dict(module.named_children())
        if "experts" in children or "router" in children:
            yield path, module


def _layer(model_name: str, model: nn.Module, path: str, block: nn.Module) -> MoELayer:
    router, experts = _router(block), getattr(block, "experts", None)
    if router is None or not expert_weights.follow_interface(experts):
        raise ModelError(
            f"model {model_name!r} keeps the experts of {path} in {type(experts or block).__name__}, which cannot be "
            "measured one by one: choose a model on transformers' experts interface, such as Mixtral, OLMoE or Qwen3"
        )
    if not expert_weights.are_plain_floats(experts):
        raise ModelError(
            f"model {model_name!r} stores the experts of {path} in {expert_weights.stored_dtype(experts)}, unreadable "
            "without its scales: choose a revision in bfloat16 or float32"
        )
    num_experts, hidden_size, intermediate_size = expert_weights.sizes(experts)
    _check_router_width(model_name, path, router, num_experts)
    return MoELayer(
        index=int(next(iter(re.findall(r"\d+", path)), 0)),
        name=path,
        block=block,
        router=router,
        experts=experts,
        num_experts=num_experts,
        top_k=_top_k(model_name, path, router, block, experts),
        hidden_size=hidden_size,
        intermediate_size=intermediate_size,
        shared_experts=_shared_experts(model, path, block),
    )


def _router(block: nn.Module) -> nn.Module | None:
    candidates = (getattr(block, name, None) for name in ("router", "gate"))
    return next((module for module in candidates if isinstance(module, nn.Module)), None)


def _check_router_width(model_name: str, path: str, router: nn.Module, num_experts: int) -> None:
    width = _router_width(router)
    if width != num_experts:
        seen = "an unknown number of" if width is None else width
        raise ModelError(
            f"the router of {path} in model {model_name!r} scores {seen} experts and {num_experts} have weights: "
            "choose a model whose router scores exactly its routed experts"
        )


def _router_width(router: nn.Module) -> int | None:
    """Rows of the router's own weight, or outputs of its last linear layer."""
    weight = getattr(router, "weight", None)
    if isinstance(weight, Tensor) and weight.ndim == 2:
        return weight.shape[0]
    widths = [module.out_features for module in router.modules() if isinstance(module, nn.Linear)]
    return widths[-1] if widths else None


def _top_k(model_name: str, path: str, router: nn.Module, block: nn.Module, experts: nn.Module) -> int:
    """Modules come before the config, which may hold one value for each layer."""
    places = ((router, TOP_K_NAMES), (block, TOP_K_NAMES), (experts.config, CONFIG_TOP_K_NAMES))
    values = (getattr(place, name, None) for place, names in places for name in names)
    found = next((value for value in values if isinstance(value, int)), None)
    if found is None:
        raise ModelError(
            f"model {model_name!r} does not say how many experts {path} chooses per token: set "
            f"config.{CONFIG_TOP_K_NAMES[0]}"
        )
    return found


def _shared_experts(model: nn.Module, path: str, block: nn.Module) -> nn.Module | None:
    parent = model.get_submodule(path.rpartition(".")[0])  # granitemoeshared keeps them beside the block
    candidates = (getattr(place, name, None) for place in (block, parent) for name in SHARED_NAMES)
    return next((module for module in candidates if isinstance(module, nn.Module)), None)


def _dense_message(name: str, model: nn.Module) -> str:
    dense = [path for path, _ in model.named_modules() if path.rpartition(".")[2] in DENSE_NAMES]
    found = f"; found dense MLPs at {', '.join(dense[:3])}{', ...' if len(dense) > 3 else ''}" if dense else ""
    return (
        f"model {name!r} has no MoE layer{found}: choose a mixture-of-experts model, such as the embedded moe-scratch"
    )
