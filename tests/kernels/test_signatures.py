import pytest
import torch

pytest.importorskip("triton")
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver

from nbutils.kernels import launch
from nbutils.kernels.gates import activation_of
from nbutils.kernels.signatures import KERNELS, Variant, attributes, signatures
from nbutils.kernels.tiles import tiles_for
from tests.kernels.made import LAYOUTS, made, routing


class NoDevice:
    """A driver of a GPU that is not there."""

    def get_current_device(self):
        return "none"

    def get_current_stream(self, device):
        return 0

    def get_current_target(self):
        return GPUTarget("cuda", 90, 32)


@pytest.fixture
def launches(monkeypatch):
    """What Triton would compile for each kernel: types, constants and attributes; nothing is run."""
    found = {}
    monkeypatch.setattr(driver, "_active", NoDevice())
    monkeypatch.setattr(launch, "device_class", lambda device: "sm_90")
    for name, kernel in KERNELS.items():

        def keep(key, signature, device, constants, options, attrs, warmup, name=name):
            found[name] = (signature, constants, attrs)

        monkeypatch.setattr(kernel, "_do_compile", keep)
    return found


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize(("hidden", "neurons"), [(128, 64), (144, 80)])
def test_kernels_are_called_as_they_are_compiled_ahead_of_time(layout, dtype, hidden, neurons, launches):
    experts = made(layout, hidden, neurons, experts=4, dtype=dtype).module
    activation = activation_of(experts)
    variant = Variant(
        activation=activation.function,
        is_gated=experts.has_gate,
        is_transposed=experts.is_transposed,
        is_interleaved=not experts.is_concatenated,
        has_bias=experts.has_bias,
        has_limit=activation.limit is not None,
        up_offset=activation.up_offset,
    )

    launch.norms_in_triton(experts, torch.randn(32, hidden).to(dtype), 0.1, activation)
    launch.routed_in_triton(experts, torch.randn(32, hidden).to(dtype), *routing(32, 4, 2), activation)

    for name, kernel in KERNELS.items():
        tiles = tiles_for(name, "sm_90", dtype.itemsize)
        depth = hidden if "gate_up" in name else neurons
        types, constants = signatures(name, dtype, tiles, variant, depth % tiles.block_k == 0)
        unread = set() if experts.has_bias else {i for i, a in enumerate(kernel.arg_names) if a.startswith("bias")}
        signature, launched, attrs = launches[name]
        assert_same(signature, types, {kernel.arg_names[i] for i in unread})
        assert_same(launched, {(kernel.arg_names.index(a),): value for a, value in constants.items()}, unread)
        assert_same(attrs, attributes(name, variant), unread)


def assert_same(launched, expected, unread):
    """Equal, apart from arguments that the kernel does not read; keys are names, or tuples of a place."""

    def read(values):
        return {key: value for key, value in values.items() if value and not unread & {key, *key}}

    assert read(launched) == read(expected)
