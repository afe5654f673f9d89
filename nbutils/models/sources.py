"""Finds out what a model name means: an embedded model, a local folder, or a repository of the Hugging Face hub."""

from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
from huggingface_hub import errors as hub

from nbutils.models import embedded
from nbutils.models.checkpoint import PICKLE_SUFFIXES, TensorHeader, no_safetensors, read_headers
from nbutils.models.errors import ModelError

WANTED_FILES = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "*.tiktoken"]  # no pickle
CODE_FILES = ["*.py"]
SECOND_COPIES = ["consolidated*", "*/*"]  # the same weights for other libraries


@dataclass(frozen=True)
class FolderSource:
    """A checkpoint on this machine; snapshots of an embedded model share the tokenizer of the final one."""

    name: str
    folder: Path
    tokenizer_folder: Path
    initial_seed: int | None = None  # set: random weights from this seed, in place of the stored ones

    def headers(self) -> list[TensorHeader]:
        """Headers of the stored tensors, read from this machine."""
        return read_headers(self.folder)

    def fetch(self, *, with_code: bool) -> "FolderSource":
        """Itself: everything is here already."""
        return self


@dataclass(frozen=True)
class HubSource:
    """A repository of the Hugging Face hub at one revision."""

    name: str
    revision: str | None

    def headers(self) -> list[TensorHeader]:
        """Headers of the stored tensors, from the hub without a download, or from the cache when it is out of reach."""
        try:
            metadata = huggingface_hub.get_safetensors_metadata(self.name, revision=self.revision)
        except hub.NotASafetensorsRepoError as error:
            raise self._no_safetensors() from error
        except (hub.GatedRepoError, hub.RepositoryNotFoundError, hub.RevisionNotFoundError, ValueError) as error:
            raise self._refusal(error) from error
        except (OSError, hub.HTTPError):
            return read_headers(self._snapshot(local_files_only=True))
        tensors = [item for file in metadata.files_metadata.values() for item in file.tensors.items()]
        return [TensorHeader(name, info.dtype, tuple(info.shape)) for name, info in tensors]

    def fetch(self, *, with_code: bool) -> FolderSource:
        """Downloads what is not cached yet; weights as safetensors, modelling code only on request."""
        wanted = WANTED_FILES + CODE_FILES if with_code else WANTED_FILES
        folder = self._snapshot(allow_patterns=wanted, ignore_patterns=SECOND_COPIES)
        read_headers(folder)  # a download that was cut short is found before the model is built
        name = self.name if self.revision is None else f"{self.name}@{self.revision}"
        return FolderSource(name, folder, folder)

    def _snapshot(self, **options) -> Path:
        try:
            return Path(huggingface_hub.snapshot_download(self.name, revision=self.revision, **options))
        except (OSError, ValueError, hub.HTTPError) as error:
            raise self._refusal(error) from error

    def _no_safetensors(self) -> ModelError:
        files = huggingface_hub.list_repo_files(self.name, revision=self.revision)
        return no_safetensors(f"model {self.name!r}", [file for file in files if file.endswith(PICKLE_SUFFIXES)])

    def _refusal(self, error: Exception) -> ModelError:
        if isinstance(error, hub.GatedRepoError):
            return ModelError(
                f"model {self.name!r} is gated: accept its licence on its hub page and log in with `hf auth login`"
            )
        if isinstance(error, hub.RevisionNotFoundError):
            return ModelError(
                f"model {self.name!r} has no revision {self.revision!r}: see the branches on its hub page"
            )
        known = ", ".join(embedded.embedded_models()) or "none present"
        return ModelError(
            f"model {self.name!r} is neither an embedded model ({known}), nor a folder, nor reachable or cached on the "
            "Hugging Face hub: check the spelling and the network, and log in with `hf auth login` if it is private"
        )


def check_available(name: str) -> None:
    """Raises ModelError unless the weights of `name` are here or on the hub, in whole safetensors files."""
    find_source(name, None).headers()


def find_source(name: str, revision: str | None) -> FolderSource | HubSource:
    """What `name` means: an embedded model first, then an existing folder, then the hub; `name@revision` too.

    Raises:
        ModelError: a revision that an embedded model or a folder does not have.
    """
    stem, chosen = _split_revision(name, revision)
    if stem in embedded.embedded_models():
        return _embedded_source(stem, chosen)
    folder = Path(name).expanduser()
    if name and folder.is_dir():  # an empty path would be the working folder
        if revision is not None:
            raise ModelError(f"folder {name!r} has no revisions: leave revision={revision!r} out")
        return FolderSource(name, folder, folder)
    return HubSource(stem, chosen)


def _split_revision(name: str, revision: str | None) -> tuple[str, str | None]:
    """Reads the shorthand `name@revision`.

    Raises:
        ModelError: a shorthand and a different `revision` together.
    """
    stem, at, inline = name.partition("@")
    if not at:
        return name, revision
    if revision not in (None, inline):
        raise ModelError(f"model {name!r} and revision={revision!r} name two revisions: give one of them")
    return stem, inline


def _embedded_source(name: str, revision: str | None) -> FolderSource:
    embedded.check_revision(name, revision)
    folder = embedded.DATA / name
    if revision is None:
        return FolderSource(name, folder, folder)
    full_name = f"{name}@{revision}"
    if revision == embedded.UNTRAINED:
        return FolderSource(full_name, folder, folder, initial_seed=embedded.initial_seed(name))
    return FolderSource(full_name, folder / revision, folder)
