"""The models that come with the project, in `data/`."""

import json
from pathlib import Path

from nbutils.models.errors import ModelError

DATA = Path(__file__).resolve().parents[2] / "data"
UNTRAINED = "untrained"


def embedded_models() -> list[str]:
    """Names of the embedded models that are present, sorted."""
    return sorted(file.parent.name for file in DATA.glob("*/model.safetensors"))


def revisions(name: str) -> list[str]:
    """What an embedded model can be loaded as besides its final weights: its snapshots by step, then `untrained`."""
    steps = [file.parent.name for file in (DATA / name).glob("step*/model.safetensors")]
    untrained = [UNTRAINED] if _training_record(name).get("initial_seed") is not None else []
    return sorted(steps, key=lambda step: (len(step), step)) + untrained


def check_revision(name: str, revision: str | None) -> None:
    """Raises ModelError with the known revisions unless the embedded model `name` has this one."""
    known = revisions(name)
    if revision is not None and revision not in known:
        choices = ", ".join(known) or "none but the final weights (revision=None)"
        raise ModelError(f"embedded model {name!r} has no revision {revision!r}; it has: {choices}")


def initial_seed(name: str) -> int:
    """The seed of the random weights that the training of `name` started from."""
    return _training_record(name)["initial_seed"]


def untrained_of(name: str) -> str:
    """Name of the untrained state of an embedded model, a control of its training; "" where there is none."""
    stem = name.partition("@")[0]
    untrained = f"{stem}@{UNTRAINED}"
    return untrained if name != untrained and stem in embedded_models() and UNTRAINED in revisions(stem) else ""


def _training_record(name: str) -> dict:
    record = DATA / name / "training.json"
    return json.loads(record.read_text()) if record.exists() else {}
