"""Muon for matrices and stacks of matrices, AdamW for everything else."""

import torch
from torch import Tensor

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


class StackedMuon(torch.optim.Optimizer):
    """Muon on the last two dimensions of each parameter, so that 3-D expert weights [E, out, in] are updated too.

    `torch.optim.Muon` accepts 2-D parameters only; on those the two agree. Momentum with Nesterov's correction, five
    quintic Newton-Schulz steps in bfloat16, decoupled weight decay, learning rate scaled by sqrt(max(1, out / in))
    (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/).
    """

    def __init__(self, params, lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.1):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        """Updates every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                buffer = state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                update = orthogonalised(parameter.grad.lerp(buffer, group["momentum"]))
                rows, columns = parameter.shape[-2:]
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(update, alpha=-group["lr"] * max(1, rows / columns) ** 0.5)


def orthogonalised(matrices: Tensor, steps: int = 5, eps: float = 1e-7) -> Tensor:
    """Approximate U V' of each matrix [..., m, n] = U S V', by Newton-Schulz iterations in bfloat16."""
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = (matrices.mT if tall else matrices).bfloat16()
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).to(matrices.dtype)


def muon_and_adamw(
    model: torch.nn.Module, muon_lr: float, adamw_lr: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """Muon for hidden matrices; AdamW for embeddings, router and norms, which are no maps between hidden spaces."""
    hidden, rest = [], []
    routers = {id(p) for n, p in model.named_parameters() if n.endswith(("gate.weight", "router.weight"))}
    for name, parameter in model.named_parameters():
        is_map = parameter.ndim >= 2 and "embed" not in name and "lm_head" not in name and id(parameter) not in routers
        (hidden if is_map else rest).append(parameter)
    return [
        StackedMuon(hidden, lr=muon_lr, weight_decay=weight_decay),
        torch.optim.AdamW(rest, lr=adamw_lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]
