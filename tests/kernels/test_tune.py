import argparse
from dataclasses import astuple

import pytest
import torch

from nbutils.kernels import tune
from nbutils.kernels.tiles import LIMITS, TABLE, Tiles, tiles_for
from nbutils.kernels.tune import Peaks, Work, candidates, measured_peaks, work_of

H100 = Peaks(flops=798e12, bandwidth=3.0e12)


# Layers of Mixtral, OLMoE, Qwen3-30B-A3B and DeepSeek-V2-Lite with 4096 tokens.
@pytest.mark.parametrize(
    ("sizes", "milliseconds"),
    [((8, 4096, 14336), 14.5), ((64, 2048, 1024), 4.1), ((128, 2048, 768), 6.2), ((64, 2048, 1408), 5.7)],
)
def test_roofline_of_known_models(sizes, milliseconds):
    seconds = work_of("expert_norms", *sizes, top_k=2, dtype_bytes=2).seconds(H100)

    assert 1e3 * seconds == pytest.approx(milliseconds, abs=0.05)


def test_one_token_waits_for_the_weights():
    work = work_of("expert_norms", 64, 2048, 1024, top_k=8, dtype_bytes=2, tokens=1)

    assert work.seconds(H100) == pytest.approx(3 * 64 * 2048 * 1024 * 2 / 3.0e12, rel=1e-3)


def test_work_by_hand():
    assert work_of("expert_norms", 2, 3, 5, top_k=1, dtype_bytes=4, tokens=7) == Work(
        flops=6 * 7 * 2 * 3 * 5, bytes=(3 * 2 * 3 * 5) * 4 + 7 * 3 * 4 + 7 * 2 * 5 * 4
    )
    assert work_of("expert_mlp", 2, 3, 5, top_k=1, dtype_bytes=2, tokens=7) == Work(
        flops=6 * 7 * 1 * 3 * 5, bytes=(3 * 2 * 3 * 5) * 2 + 2 * 7 * 3 * 2
    )


@pytest.mark.parametrize("kernel", ["gate_up", "down_norms", "mlp_gate_up", "mlp_down"])
@pytest.mark.parametrize("device", LIMITS)
@pytest.mark.parametrize("dtype_bytes", [2, 4])
def test_candidates(kernel, device, dtype_bytes):
    found = candidates(kernel, device, dtype_bytes)

    own = tiles_for(kernel, device, dtype_bytes)
    assert found[0] == own
    assert len(set(found)) == len(found)
    assert len(found) >= 10
    for tiles in found:
        assert min(astuple(tiles)[:3]) >= 16
        assert tiles.num_stages >= 1
        assert (tiles.block_m + tiles.block_n) * tiles.block_k * dtype_bytes <= LIMITS[device].block_shared
    assert any(tiles.block_k != own.block_k for tiles in found)
    assert any(tiles.block_m != own.block_m for tiles in found)


class FakeDevice:
    """A device on which an operation is the slower the further its tiles are from those that are best."""

    def __init__(self, device, best):
        self.device, self.best, self.seen = device, best, []

    def operation(self):
        self.seen.append({kernel: tiles_for(kernel, self.device, 2) for kernel in self.best})

    def timer(self, function):
        function()
        return 1e-3 + 1e-4 * sum(self.best[kernel] != tiles for kernel, tiles in self.seen[-1].items())


def fake_device():
    best = {kernel: candidates(kernel, "sm_90", 2)[7] for kernel in ("gate_up", "down_norms")}
    return FakeDevice("sm_90", best)


def test_the_best_tiles_of_each_kernel_come_first():
    fake, before = fake_device(), dict(TABLE)

    table = tune.tune(tuple(fake.best), "sm_90", 2, fake.operation, fake.timer, roofline=5e-4)

    fastest = table.groupby("kernel", sort=False).first()
    assert fastest["tiles"].to_dict() == fake.best
    assert list(fastest.index) == ["gate_up", "down_norms"]
    assert fastest["fraction"].tolist() == pytest.approx([0.5 / 1.1, 0.5])
    assert table.groupby("kernel")["is_own"].sum().tolist() == [1, 1]
    down = fake.seen[len(candidates("gate_up", "sm_90", 2)) :]
    assert all(seen["gate_up"] == fake.best["gate_up"] for seen in down)
    assert before == TABLE


def test_tiles_for_which_there_is_no_room_are_left_out(capsys):
    fake = fake_device()
    own = tiles_for("gate_up", "sm_90", 2)

    def timer(function):
        if tiles_for("gate_up", "sm_90", 2) == own:
            raise RuntimeError("no room")
        return fake.timer(function)

    table = tune.tune(("gate_up",), "sm_90", 2, fake.operation, timer, roofline=5e-4)

    assert not table["is_own"].any()
    assert len(table) == len(candidates("gate_up", "sm_90", 2)) - 1
    assert "no room" in capsys.readouterr().err


def test_no_tiles_run():
    before = dict(TABLE)

    def timer(function):
        raise RuntimeError("no room")

    with pytest.raises(ValueError, match="no tiles of kernel 'gate_up' run"):
        tune.tune(("gate_up",), "sm_90", 4, lambda: None, timer, roofline=1.0)
    assert before == TABLE


def test_other_tiles_for_numbers_of_four_bytes_only():
    two, tiles = tiles_for("mlp_down", "gfx942", 2), Tiles(16, 16, 16, 4, 2)

    with tune.using({"mlp_down": tiles}, "gfx942", 4):
        assert tiles_for("mlp_down", "gfx942", 4) == tiles
        assert tiles_for("mlp_down", "gfx942", 2) == two
    assert tiles_for("mlp_down", "gfx942", 4) != tiles


def test_peaks_are_those_of_a_product_and_a_copy():
    times = iter([2.0, 0.5])

    peaks = measured_peaks(torch.bfloat16, torch.device("meta"), lambda function: next(times), size=64)

    assert peaks == Peaks(flops=2 * 64**3 / 2, bandwidth=2 * 2 * 64 * 64 / 0.5)


def test_report(monkeypatch, capsys):
    monkeypatch.setattr(tune, "device_class", lambda device: "sm_90")
    options = argparse.Namespace(experts=4, top_k=2, hidden=64, intermediate=32, dtype="bf16")

    tune.report(options, torch.device("meta"), lambda function: 1e-3)

    printed = capsys.readouterr().out
    assert printed.startswith(f"sm_90, bf16: {2 * 8192**3 / 1e-3 / 1e12:.1f} TFLOP/s")
    for kernel in ("gate_up", "down_norms", "mlp_gate_up", "mlp_down"):
        assert printed.count(f"\n{kernel} ") == 5
    assert printed.count("in the table") == 4
    assert "of roofline" in printed


def test_a_slow_row_of_the_table_is_shown_too():
    fake = fake_device()
    own = tiles_for("gate_up", "sm_90", 2)

    def timer(function):
        return 9.0 if tiles_for("gate_up", "sm_90", 2) == own else 1.0

    table = tune.tune(("gate_up",), "sm_90", 2, fake.operation, timer, roofline=0.5)

    lines = tune.shown(table, most=3).splitlines()[2:]
    assert len(lines) == 4
    assert repr(own) in lines[-1]
    assert "in the table" in lines[-1]
    assert lines[-1].endswith("5.6%")


def test_without_a_gpu_it_ends_in_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(SystemExit, match=r"^The tuner times kernels on an NVIDIA or AMD GPU, .*here\.$"):
        tune.main([])


def test_more_experts_of_a_token_than_there_are(capsys):
    with pytest.raises(SystemExit):
        tune.main(["--experts", "4", "--top-k", "5"])
    assert "--top-k is 5, which must be from 1 to --experts 4" in capsys.readouterr().err
