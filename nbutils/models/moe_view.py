"""One view of the MoE layers of any transformers model, found by their structure."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor, nn

from nbutils.kernels.interface import follow_interface
from nbutils.models import expert_weights
from nbutils.models.errors import ModelError
from nbutils.models.expert_weights import ExpertLayout
from nbutils.models.feed_forward import FeedForward, feed_forward
from nbutils.models.loading import LoadedModel
from nbutils.models.matrices import LoadedParameters, Read, separate_scales_error
from nbutils.models.paths import decoder_layer, is_attention_or_norm, sees_text

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
ROUTER_NAMES = ("router", "gate")
SHARED_NAMES = ("shared_expert", "shared_experts", "shared_mlp")
DENSE_NAMES = ("mlp", "feed_forward", "ffn")
SCALED_INPUTS = ("Llama4TextExperts",)


@dataclass(frozen=True, eq=False)
class MoELayer:
    """One MoE layer: its modules, its sizes, and its experts' weights whatever their stored layout.

    Attributes:
        index: number of the decoder layer, from the module path.
        name: path of `block` in the model.
        block: the module that holds router and experts (gemma4: the decoder layer itself).
        router: the module that scores the experts; take weights and indices from its output.
        experts: the module that holds all experts' weights (jetmoe: the block itself).
        num_experts: routed experts, E.
        top_k: experts chosen per token.
        hidden_size: width that an expert reads and writes, H (nemotron_h, muse_spark: a latent size, where it has one).
        intermediate_size: neurons of an expert, I.
        shared_experts: the module that every token passes through besides, or None.
        shared_name: path of `shared_experts` in the model, or "".
        hindrance: why what passes through the layer cannot be observed, "" where nothing is in the way; its weights can
            be read either way.
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
    shared_name: str
    hindrance: str
    layout: ExpertLayout = field(repr=False)
    read: Read = field(repr=False)

    @property
    def is_gated(self) -> bool:
        """Whether the experts have a gate projection."""
        return self.layout.projections.gate is not None

    def gate(self, expert: int) -> Tensor | None:
        """Gate projection of one expert, [I, H], without gradient; None where experts are not gated."""
        gate = self.layout.projections.gate
        return None if gate is None else gate.of(self.read, self.experts, self.layout.index(expert))

    def up(self, expert: int) -> Tensor:
        """Up projection of one expert, [I, H], without gradient."""
        return self.layout.projections.up.of(self.read, self.experts, self.layout.index(expert))

    def down(self, expert: int) -> Tensor:
        """Down projection of one expert, [H, I], without gradient."""
        return self.layout.projections.down.of(self.read, self.experts, self.layout.index(expert))

    def router_weight(self) -> Tensor | None:
        """The rows [E, width of the router's input] that score the experts, without gradient.

        What a router does besides (gemma4: a norm and a scale of its input, gpt_oss: a bias) is not in them. None where
        it takes more than one matrix to score (zaya), or the scores do not choose (deepseek_v4's hash layers).
        """
        name = _score_matrix(self.router, self.num_experts)
        looks_up = "input_ids" in inspect.signature(self.router.forward).parameters
        return None if name is None or looks_up else self.read(self.router, name, slice(0, self.num_experts))

    def shared_feed_forward(self) -> FeedForward | None:
        """The shared expert's weights.

        None where there is no shared expert, or where it is not one MLP (inkling: several, with a score each).
        """
        if self.shared_experts is None:
            return None
        return feed_forward(self.shared_experts, self.index, self.shared_name, self.read)


def moe_layers(model: nn.Module | LoadedModel) -> list[MoELayer]:
    """All MoE layers of a model that text passes through, in the order of its modules.

    A block is an MoE layer when it has `experts` or a `router`, is not part of an attention, and `expert_weights` can
    read single experts from it. Its `hindrance` says whether it can be observed as well.

    Raises:
        ModelError: the model is dense; its experts are kept in another way (switch_transformers, nllb_moe, ...) or
            stored in less than 16 bits; or a router does not say how many experts it scores, or too few.
    """
    name, module = named(model)
    layers = [_layer(name, module, path, block) for path, block in moe_blocks(module)]
    if not layers:
        raise ModelError(_dense_message(name, module))
    return layers


def named(model: nn.Module | LoadedModel) -> tuple[str, nn.Module]:
    """A model's name for messages, and the model."""
    if isinstance(model, LoadedModel):
        return model.name, model.model
    config_name = getattr(getattr(model, "config", None), "name_or_path", "")
    return config_name or type(model).__name__, model


def moe_blocks(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Paths and modules that hold experts, or a router whose experts are kept some other way."""
    for path, module in model.named_modules():
        children = dict(module.named_children())
        if ("experts" in children or "router" in children) and sees_text(path) and not is_attention_or_norm(path):
            yield path, module


def shared_experts(model: nn.Module, path: str, block: nn.Module) -> tuple[str, nn.Module | None]:
    """Path and module of the shared expert that belongs to the MoE block at `path`, ("", None) where there is none."""
    parent = path.rpartition(".")[0]  # granitemoeshared keeps them beside the block
    for place, module in ((path, block), (parent, model.get_submodule(parent))):
        for name in SHARED_NAMES:
            if isinstance(found := getattr(module, name, None), nn.Module):
                return f"{place}.{name}", found
    return "", None


def _layer(model_name: str, model: nn.Module, path: str, block: nn.Module) -> MoELayer:
    router, experts = _router(block), getattr(block, "experts", block)
    layout = expert_weights.layout_of(experts)
    if router is None or layout is None:
        raise ModelError(
            f"model {model_name!r} keeps the experts of {path} in {type(experts).__name__}, which cannot be read one "
            "by one: choose a model on transformers' experts interface, such as Mixtral, OLMoE or Qwen3"
        )
    dtype = expert_weights.stored_dtype(experts, layout)
    if not expert_weights.are_plain_floats(dtype):
        raise separate_scales_error(model_name, f"the experts of {path}", str(dtype))
    width = _checked_router_width(model_name, path, router, layout.num_experts)
    shared_name, shared = shared_experts(model, path, block)
    return MoELayer(
        index=decoder_layer(path),
        name=path,
        block=block,
        router=router,
        experts=experts,
        num_experts=layout.num_experts,
        top_k=_top_k(model_name, path, router, block, experts),
        hidden_size=layout.hidden_size,
        intermediate_size=layout.intermediate_size,
        shared_experts=shared,
        shared_name=shared_name,
        hindrance=_hindrance(router, width, experts, layout.num_experts),
        layout=layout,
        read=LoadedParameters(model).read,
    )


def _router(block: nn.Module) -> nn.Module | None:
    candidates = (getattr(block, name, None) for name in ROUTER_NAMES)
    return next((module for module in candidates if isinstance(module, nn.Module)), None)


def _hindrance(router: nn.Module, width: int, experts: nn.Module, num_experts: int) -> str:
    if type(experts).__name__ in SCALED_INPUTS:
        return "its experts receive the hidden states times the router's score, so that their outputs do not compare"
    if not follow_interface(experts):
        return f"{type(experts).__name__} is not on transformers' experts interface, the one place to look on from"
    if width - num_experts not in (0, getattr(router, "n_shared_experts", 0)):  # inkling scores its shared experts too
        return f"its router scores {width} experts and {num_experts} have weights, so that a token may be sent to none"
    return ""


def _checked_router_width(model_name: str, path: str, router: nn.Module, num_experts: int) -> int:
    width = _router_width(router)
    if width is None or width < num_experts:
        seen = "an unknown number of" if width is None else width
        raise ModelError(
            f"the router of {path} in model {model_name!r} scores {seen} experts and {num_experts} have weights: "
            "choose a model whose router scores all its routed experts"
        )
    return width


def _router_width(router: nn.Module) -> int | None:
    """Rows of the router's own weight, or outputs of its last linear layer."""
    weight = getattr(router, "weight", None)
    if isinstance(weight, Tensor) and weight.ndim == 2:
        return weight.shape[0]
    widths = [module.out_features for module in router.modules() if isinstance(module, nn.Linear)]
    return widths[-1] if widths else None


def _score_matrix(router: nn.Module, num_experts: int) -> str | None:
    """Name of the router's parameter with a row for each expert; None where it takes several matrices to score."""
    matrices = [name for name, weight in router.named_parameters() if weight.ndim == 2 and len(weight) >= num_experts]
    return matrices[0] if len(matrices) == 1 else None


def _top_k(model_name: str, path: str, router: nn.Module, block: nn.Module, experts: nn.Module) -> int:
    """Modules come before the config, which may hold one value for each layer."""
    config = getattr(experts, "config", None)
    places = ((router, TOP_K_NAMES), (block, TOP_K_NAMES), (config, CONFIG_TOP_K_NAMES))
    values = (getattr(place, name, None) for place, names in places for name in names)
    found = next((value for value in values if isinstance(value, int)), None)
    if found is None:
        raise ModelError(
            f"model {model_name!r} does not say how many experts {path} chooses per token: set "
            f"config.{CONFIG_TOP_K_NAMES[0]}"
        )
    return found


def _dense_message(name: str, model: nn.Module) -> str:
    dense = [path for path, _ in model.named_modules() if path.rpartition(".")[2] in DENSE_NAMES]
    found = f"; found dense MLPs at {', '.join(dense[:3])}{', ...' if len(dense) > 3 else ''}" if dense else ""
    return (
        f"model {name!r} has no MoE layer{found}: choose a mixture-of-experts model, such as the embedded moe-scratch"
    )
