"""What transformers' experts interface says of a module that holds all experts of a layer.

All experts lie in 3-dimensional parameters, and flags on the module say how: `has_gate` (`gate_up_proj`, else
`up_proj`), `is_transposed` ([E, in, out], else [E, out, in]) and `is_concatenated` (gate rows then up rows, else
alternating).
"""

from torch import nn

FLAGS = ("has_gate", "is_transposed", "is_concatenated", "config")


def follow_interface(experts: nn.Module) -> bool:
    """Whether `experts` carries the flags and the parameters of the interface."""
    if not all(hasattr(experts, flag) for flag in FLAGS):
        return False
    names = (first_projection(experts), "down_proj")
    return all(getattr(getattr(experts, name, None), "ndim", 0) == 3 for name in names)


def first_projection(experts: nn.Module) -> str:
    """Name of the parameter that the tokens meet first."""
    return "gate_up_proj" if experts.has_gate else "up_proj"


def hidden_size_of(experts: nn.Module) -> int:
    """Width of a token, H."""
    return experts.down_proj.shape[2 if experts.is_transposed else 1]


def neurons_of(experts: nn.Module) -> int:
    """Neurons of one expert, I."""
    return experts.down_proj.shape[1 if experts.is_transposed else 2]
