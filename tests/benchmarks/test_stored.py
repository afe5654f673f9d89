"""Memory that it takes to compare all experts of a checkpoint, read on demand and loaded."""

import subprocess
import sys

import pytest
import torch

from tests.models.architectures import build

HIDDEN, NEURONS, EXPERTS, LAYERS = 512, 1280, 16, 4
LAYER_MB = 3 * HIDDEN * NEURONS * EXPERTS * 2 / 2**20  # bfloat16

SWEEP = """
import itertools, re, sys, torch
from pathlib import Path
from transformers import AutoModelForCausalLM
from nbutils.models import moe_layers, stored_moe_layers
def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
torch.set_num_threads(1)
before = peak()
layers = {view}
total = 0.0
for layer in layers:
    for one, other in itertools.combinations(range(layer.num_experts), 2):
        for name in ("gate", "up", "down"):
            total += (getattr(layer, name)(one) * getattr(layer, name)(other)).sum().item()
print(peak() - before, total)
"""
ON_DEMAND = "stored_moe_layers(sys.argv[1])"
LOADED = "moe_layers(AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype='bfloat16'))"


@pytest.fixture
def checkpoint(tmp_path):
    model = build(
        "olmoe",
        hidden_size=HIDDEN,
        intermediate_size=NEURONS,
        num_hidden_layers=LAYERS,
        num_experts=EXPERTS,
        num_attention_heads=8,
        num_key_value_heads=8,
    )
    model.to(torch.bfloat16).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; other peaks include those of the parent process")
def test_comparing_all_pairs_takes_the_memory_of_few_experts(benchmark, checkpoint):
    def grown_mb(view):
        command = [sys.executable, "-c", SWEEP.format(view=view), str(checkpoint)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [float(word) for word in done.stdout.split()]

    grown, total = benchmark.pedantic(grown_mb, args=(ON_DEMAND,), rounds=1)
    loaded, same = grown_mb(LOADED)

    report = {"a layer's experts, MB": LAYER_MB, "on demand, MB": grown, "loaded, MB": loaded}
    benchmark.extra_info.update(report)
    print("", *(f"{name}: {value:.0f}" for name, value in report.items()), sep="\n")
    assert total == same
    assert grown <= 3 * LAYER_MB
