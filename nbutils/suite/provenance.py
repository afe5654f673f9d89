"""What a result was made with: versions, machine, revision of the source."""

import platform
import subprocess
import sys
from importlib import metadata
from typing import Any

from nbutils.suite import project

# Import name -> distribution; only those that a run has imported are recorded.
_MAIN_LIBRARIES = {
    "accelerate": "accelerate",
    "av": "av",
    "bitsandbytes": "bitsandbytes",
    "dask": "dask",
    "datasets": "datasets",
    "matplotlib": "matplotlib",
    "nbutils": "nbutils",
    "numba": "numba",
    "numpy": "numpy",
    "pandas": "pandas",
    "safetensors": "safetensors",
    "scipy": "scipy",
    "seaborn": "seaborn",
    "sklearn": "scikit-learn",
    "statsmodels": "statsmodels",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "transformers": "transformers",
    "triton": "triton",
    "xarray": "xarray",
}


def provenance() -> dict[str, Any]:
    """Return JSON values: `python`, `packages` (name -> version), `platform`, `devices`, `git`."""
    return {
        "python": platform.python_version(),
        "packages": _versions(),
        "platform": platform.platform(),
        "devices": _devices(),
        "git": _git(),
    }


def _versions() -> dict[str, str]:
    return {
        distribution: _version(distribution)
        for module, distribution in _MAIN_LIBRARIES.items()
        if module in sys.modules
    }


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # imported from a source tree that is not installed
        return "unknown"


def _devices() -> list[str]:
    # A run that has not loaded torch used no accelerator; importing torch to ask would cost a second.
    torch = sys.modules.get("torch")
    if torch is None:
        return ["cpu"]
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return ["cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else [])]


def _git() -> dict[str, Any] | None:
    """Return the source's revision and whether files differ from it; None outside of a repository or without git."""
    try:
        revision = _git_output("rev-parse", "--verify", "HEAD")
        return {"revision": revision, "dirty": bool(_git_output("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def _git_output(*arguments: str) -> str:
    command = ["git", "-C", str(project.root()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
