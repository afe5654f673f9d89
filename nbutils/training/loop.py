"""The small training loop behind the embedded models."""

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from nbutils.progress import progress
from nbutils.training.optimizers import muon_and_adamw


def learning_rate_factor(step: int, steps: int, warm_up: int, final: float = 0.05) -> float:
    """Linear warm-up, then a cosine from 1 down to `final`."""
    if step < warm_up:
        return (step + 1) / warm_up
    progress = (step - warm_up) / max(1, steps - warm_up)
    return final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2


def balance_loss(router_logits: Tensor, k: int) -> Tensor:
    """E times the sum over experts of (share of routed slots) x (mean probability); 1 when balanced.

    Switch Transformers, arXiv 2101.03961, equation 4, with the top-k choice of each token in place of the top one.
    """
    probabilities = router_logits.float().softmax(-1)
    experts = probabilities.shape[-1]
    chosen = torch.bincount(probabilities.topk(k).indices.flatten(), minlength=experts)
    share = chosen / chosen.sum()
    return experts * (share * probabilities.mean(0)).sum()


def z_loss(router_logits: Tensor) -> Tensor:
    """Mean squared log-partition of the router (ST-MoE, arXiv 2202.08906, equation 5)."""
    return router_logits.float().logsumexp(-1).square().mean()


def train(
    model: torch.nn.Module,
    batches: Iterator[Tensor],
    *,
    steps: int,
    muon_lr: float = 0.02,
    adamw_lr: float = 3e-3,
    weight_decay: float = 0.1,
    warm_up: int = 100,
    balance: float = 0.01,
    z: float = 1e-3,
    clip: float = 1.0,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
) -> None:
    """Trains a causal language model in place on token batches [sequences, length], in bfloat16 autocast.

    `on_step(step, loss)` is called after each step with the number of steps done and the cross-entropy in nats.
    Dense models have no router logits and so no balance and z losses.
    """
    model.train()
    config = model.config
    routed = getattr(config, "num_experts_per_tok", None) is not None and config.num_local_experts > 1
    optimizers = muon_and_adamw(model, muon_lr, adamw_lr, weight_decay)
    peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    for step in progress(range(steps), "training"):
        tokens = next(batches)
        factor = learning_rate_factor(step, steps, warm_up)
        for optimizer, peak in zip(optimizers, peaks, strict=True):
            for group, lr in zip(optimizer.param_groups, peak, strict=True):
                group["lr"] = lr * factor
        with torch.autocast("cpu", torch.bfloat16):
            output = model(tokens, use_cache=False, **({"output_router_logits": True} if routed else {}))
            logits = output.logits[:, :-1]
            loss = cross_entropy = F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())
        if routed:
            layers = output.router_logits
            loss = loss + balance * sum(balance_loss(x, config.num_experts_per_tok) for x in layers) / len(layers)
            loss = loss + z * sum(map(z_loss, layers)) / len(layers)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        on_step(step + 1, cross_entropy.item())
    model.eval()
