import pytest
import torch

from nbutils.models import ModelError, placement
from nbutils.models.placement import available_devices, choose_device, plan_placement


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def plan(device="auto", dtype="auto", device_map=None, quantization=None):
    return plan_placement(device, dtype, device_map, quantization)


def test_auto_prefers_cuda_then_mps_then_cpu(monkeypatch, no_gpu):
    assert choose_device("auto") == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto") == "mps"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("auto") == "cuda:0"
    assert available_devices() == ["cuda:0", "mps", "cpu"]


def test_a_named_gpu(two_gpus):
    assert choose_device("cuda") == "cuda:0"
    assert choose_device("cuda:1") == "cuda:1"
    with pytest.raises(ModelError, match=r"'cuda:2' is not available: choose one of auto, cuda:0, cuda:1, .*cpu"):
        choose_device("cuda:2")


def test_auto_dtype_is_float32_on_cpu_and_as_stored_on_a_gpu(two_gpus):
    assert plan("cpu").dtype == "float32"
    assert plan("cuda").dtype == "auto"
    assert plan(device_map={"a": "cpu", "b": "disk"}).dtype == "float32"
    assert plan(device_map={"a": 0, "b": "cpu"}).dtype == "auto"


def test_a_device_map_shares_the_weights_among_its_places(two_gpus):
    assert plan(device_map={"a": 0, "b": "cuda:1", "c": "disk", "d": 0}).devices == ("cuda:0", "cuda:1", "disk")
    assert plan(device_map="auto").devices[:2] == ("cuda:0", "cuda:1")
    assert plan(device_map="auto").devices[-2:] == ("cpu", "disk")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "gpu"}, "device 'gpu' is unknown"),
        ({"device": "cuda"}, "not available: choose one of auto, cpu"),
        ({"device": "mps"}, "not available: choose one of auto, cpu"),
        ({"dtype": "int8"}, "dtype 'int8' is unknown: choose one of auto, float32"),
        ({"device": "cpu", "device_map": "auto"}, "exclude each other"),
        ({"device_map": "balanced"}, "choose None, 'auto' or a dict"),
        ({"device_map": {}}, "choose None, 'auto' or a dict"),
        ({"device_map": {"a": 0}}, "'cuda:0' is not available"),
        ({"quantization": "2bit"}, "choose None, '4bit' or '8bit'"),
        ({"quantization": "4bit"}, "needs a CUDA GPU"),
        ({"quantization": "8bit", "device_map": "auto"}, "needs a CUDA GPU"),
    ],
)
def test_what_is_refused(no_gpu, arguments, message):
    with pytest.raises(ModelError, match=message):
        plan(**arguments)


def test_float64_on_mps(monkeypatch, no_gpu):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    with pytest.raises(ModelError, match="no float64"):
        plan("mps", "float64")


def test_quantization_needs_bitsandbytes(two_gpus, monkeypatch):
    monkeypatch.setattr(placement.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install bitsandbytes"):
        plan("cuda", quantization="4bit")
    monkeypatch.setattr(placement.importlib.util, "find_spec", lambda name: object())
    assert plan("cuda", quantization="4bit").quantization == "4bit"
