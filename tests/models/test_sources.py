import shutil
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import errors as hub

from nbutils.models import ModelError
from nbutils.models.checkpoint import TensorHeader
from nbutils.models.sources import HubSource, find_source


def hub_error(kind):
    return kind("refused", response=SimpleNamespace(headers={}, request=None))


@pytest.fixture
def remote(monkeypatch):
    """Sets what the hub answers: an exception or a value for each of the calls used."""

    def answer(**calls):
        def reply(value):
            def call(*args, **options):
                if isinstance(value, Exception):
                    raise value
                return value(*args, **options) if callable(value) else value

            return call

        for name, value in calls.items():
            monkeypatch.setattr(huggingface_hub, name, reply(value))

    return answer


def test_headers_come_from_the_hub_without_a_download(remote):
    file = SimpleNamespace(tensors={"a": SimpleNamespace(dtype="BF16", shape=[2, 3])})
    remote(
        get_safetensors_metadata=SimpleNamespace(files_metadata={"model.safetensors": file}),
        snapshot_download=AssertionError("downloaded"),
    )
    assert find_source("some/model", None).headers() == [TensorHeader("a", "BF16", (2, 3))]


def test_out_of_reach_the_cache_is_read(remote, saved_model):
    remote(get_safetensors_metadata=hub.OfflineModeIsEnabled("offline"), snapshot_download=str(saved_model))
    assert find_source("some/model", None).headers()


def test_fetch_leaves_pickle_code_and_second_copies(remote, saved_model, monkeypatch):
    asked = {}
    remote(snapshot_download=lambda name, **options: asked.update(options) or str(saved_model))
    source = HubSource("some/model", "main").fetch(with_code=False)
    assert source.folder == source.tokenizer_folder == saved_model
    assert asked["revision"] == "main"

    def chosen(*files):
        return list(
            huggingface_hub.utils.filter_repo_objects(
                files, allow_patterns=asked["allow_patterns"], ignore_patterns=asked["ignore_patterns"]
            )
        )

    assert chosen("model-00001-of-00002.safetensors", "config.json") == [
        "model-00001-of-00002.safetensors",
        "config.json",
    ]
    assert chosen("pytorch_model.bin", "consolidated.safetensors", "onnx/model.safetensors", "own.py") == []
    HubSource("some/model", "main").fetch(with_code=True)
    assert chosen("own.py") == ["own.py"]


def test_a_damaged_download_is_found(remote, saved_model, tmp_path):
    broken = shutil.copytree(saved_model, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"short")
    remote(snapshot_download=str(broken))
    with pytest.raises(ModelError, match="download it again"):
        HubSource("some/model", None).fetch(with_code=False)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (hub_error(hub.GatedRepoError), "gated: .* `hf auth login`"),
        (hub_error(hub.RepositoryNotFoundError), "neither an embedded model .*moe-scratch.*, nor a folder"),
        (hub_error(hub.RevisionNotFoundError), "has no revision 'v9'"),
    ],
)
def test_what_the_hub_refuses(data, remote, error, message):
    remote(get_safetensors_metadata=error)
    with pytest.raises(ModelError, match=message):
        HubSource("some/model", "v9").headers()


def test_a_repository_with_pickle_alone(remote):
    remote(get_safetensors_metadata=hub.NotASafetensorsRepoError("no"), list_repo_files=["pytorch_model.bin"])
    with pytest.raises(ModelError, match=r"'some/model' holds its weights as pickle \(pytorch_model.bin\)"):
        HubSource("some/model", None).headers()


def test_a_gated_model_that_is_refused_only_at_the_download(data, remote):
    remote(snapshot_download=hub_error(hub.GatedRepoError))
    with pytest.raises(ModelError, match="gated"):
        HubSource("some/model", None).fetch(with_code=False)


def test_a_revision_can_stand_in_the_name(remote, saved_model, tmp_path):
    asked = {}
    remote(snapshot_download=lambda name, **options: asked.update(options, name=name) or str(saved_model))

    source = find_source("some/model@step10", None)

    assert source == find_source("some/model", "step10")
    assert source.fetch(with_code=False).name == "some/model@step10"
    assert (asked["name"], asked["revision"]) == ("some/model", "step10")
    with pytest.raises(ModelError, match="two revisions"):
        find_source("some/model@step10", "main")
    (tmp_path / "a@b").mkdir()
    assert find_source(str(tmp_path / "a@b"), None).folder == tmp_path / "a@b"
