import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from nbutils.models import ModelError
from nbutils.models.checkpoint import INDEX, WEIGHTS, TensorHeader, headers_by_file, read_headers


def write_index(folder, **weight_map):
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def test_headers_name_every_tensor(tmp_path):
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(4, dtype=torch.bfloat16)}, tmp_path / WEIGHTS)
    assert set(read_headers(tmp_path)) == {TensorHeader("a", "F32", (2, 3)), TensorHeader("b", "BF16", (4,))}


def test_headers_of_all_shards(tmp_path):
    for name in ("a", "b"):
        save_file({name: torch.zeros(2)}, tmp_path / f"{name}.safetensors")
    write_index(tmp_path, a="a.safetensors", b="b.safetensors")
    assert {header.name for header in read_headers(tmp_path)} == {"a", "b"}
    assert headers_by_file(tmp_path) == {
        tmp_path / f"{name}.safetensors": [TensorHeader(name, "F32", (2,))] for name in ("a", "b")
    }


def test_a_missing_shard_is_named(tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors")
    write_index(tmp_path, a="a.safetensors", b="b.safetensors")
    with pytest.raises(ModelError, match=r"1 of the 2 .* missing \(first b.safetensors\)"):
        read_headers(tmp_path)


def test_a_damaged_shard_is_named(tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors")
    (tmp_path / "b.safetensors").write_bytes(b"")
    write_index(tmp_path, a="a.safetensors", b="b.safetensors")
    with pytest.raises(ModelError, match=r"b.safetensors' is not a whole safetensors file .* download it again"):
        read_headers(tmp_path)


@pytest.mark.parametrize("name", ["../a.safetensors", "/etc/passwd", "sub/a.safetensors"])
def test_an_index_cannot_point_outside_its_folder(tmp_path, name):
    write_index(tmp_path, a=name)
    with pytest.raises(ModelError, match="outside its folder"):
        read_headers(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"weight_map": 3}', '{"weight_map": {"a": 1, "b": "c"}}'])
def test_a_damaged_index(tmp_path, text):
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(ModelError, match="not a safetensors index"):
        read_headers(tmp_path)


def test_an_empty_folder(tmp_path):
    with pytest.raises(ModelError, match="holds neither"):
        read_headers(tmp_path)


WHOLE = save({"a": torch.arange(6.0).reshape(2, 3)})


@given(length=st.integers(0, len(WHOLE) - 1))
def test_any_truncation_is_found(tmp_path_factory, length):
    folder = tmp_path_factory.mktemp("cut")
    (folder / WEIGHTS).write_bytes(WHOLE[:length])
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        read_headers(folder)
