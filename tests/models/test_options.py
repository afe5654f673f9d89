import pytest
from pydantic import TypeAdapter, ValidationError

from nbutils.models.options import Device, DType, ModelName


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:0", "cuda:11"])
def test_devices_that_are_allowed(device):
    assert TypeAdapter(Device).validate_python(device) == device


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "CPU", "cpu ", ""])
def test_devices_that_are_not(device):
    with pytest.raises(ValidationError):
        TypeAdapter(Device).validate_python(device)


def test_model_names_are_not_blank_and_dtypes_are_a_choice():
    assert TypeAdapter(ModelName).validate_python(" moe-scratch ") == "moe-scratch"
    for kind, value in ((ModelName, "  "), (DType, "int8")):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(value)
