"""The command line: `python -m nbutils.video.training FEATURES ANNOTATIONS OUTPUT`."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from nbutils.models.errors import ModelError
from nbutils.models.placement import choose_device
from nbutils.video.annotations.reading import read_annotations
from nbutils.video.annotations.splits import pool, split_by_video
from nbutils.video.annotations.tables import Annotations
from nbutils.video.errors import VideoError
from nbutils.video.features.features import MODALITIES
from nbutils.video.model.checkpoint import CONFIG, WEIGHTS
from nbutils.video.model.config import SIZES, scorer_config
from nbutils.video.training.data import folder_data, folder_widths
from nbutils.video.training.loop import train_scorer
from nbutils.video.training.recipe import PAPER_RECIPE, Recipe

RECIPES = {"small": Recipe(), "base": PAPER_RECIPE, "paper": PAPER_RECIPE}
# Columns of a modality that no video has; the scorer learns to do without it.
ABSENT = 1

EXAMPLES = """examples:
  python -m nbutils.video.training features annotations.json scorer
  python -m nbutils.video.training features train.json scorer --validation val.json --size paper --device cuda

FEATURES holds visual/ID.npy, audio/ID.npy and text/ID.npy, one row a second, as Repurpose-10K has them and as
nbutils.video.features.features_of(video, captions, cache=FEATURES) writes them; a video may lack some of the three.
"""


def main(arguments: list[str] | None = None) -> int:
    """Train a scorer and return the exit code: 0 trained, 2 wrong usage or data, 130 interrupted."""
    options = _parser().parse_args(arguments)
    epochs: list[dict[str, float]] = []
    try:
        _train(options, epochs)
    except (VideoError, ModelError) as error:
        print(f"nbutils.video.training: {error}", file=sys.stderr)
        return 2
    except torch.OutOfMemoryError:
        print(
            f"nbutils.video.training: {options.size} with --batch-size {_recipe(options).batch_size} does not fit into "
            "the device's memory: lower one of them",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print(f"nbutils.video.training: interrupted; {_kept(epochs, options.output)}", file=sys.stderr)
        return 130
    print(_kept(epochs, options.output))
    return 0


def _train(options: argparse.Namespace, epochs: list[dict[str, float]]) -> None:
    """Trains as the options say, and adds each epoch that ends to `epochs`."""
    recipe, device = _recipe(options), choose_device(options.device)
    splits = _splits(options)
    _open_output(options.output)
    widths = folder_widths(options.features, pool(splits))
    config = scorer_config(options.size, **dict.fromkeys(MODALITIES, ABSENT) | widths)
    training, validation = (folder_data(options.features, splits[name], config) for name in splits)
    columns = ", ".join(f"{name} {width}" for name, width in widths.items())
    print(f"{_told(splits['training'])} to train on, {_told(splits['validation'])} to validate with")
    print(f"columns of the features: {columns}; size {options.size}, on {device}")

    def report(epoch: dict[str, float]) -> None:
        epochs.append(epoch)
        # Prints above the progress bar, where there is one.
        tqdm.write(_line(epoch, recipe.epochs))
        # A log that is read while a long training goes on.
        sys.stdout.flush()

    train_scorer(config, training, validation, options.output, recipe, device, report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nbutils.video.training",
        description="Train a clip scorer on a folder of features and annotated clips.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("features", metavar="FEATURES", type=Path, help="folder of features")
    parser.add_argument("annotations", metavar="ANNOTATIONS", type=Path, help="JSON in the form of Repurpose-10K")
    parser.add_argument("output", metavar="OUTPUT", type=Path, help="folder for the checkpoint, without one yet")
    parser.add_argument("--size", choices=list(SIZES), default="small", help="of the scorer (default: %(default)s)")
    parser.add_argument(
        "--validation",
        metavar="SHARE_OR_FILE",
        default="0.15",
        help="share of the videos that choose the best epoch, or annotations of others (default: %(default)s)",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the data (default: 30; base, paper: 50)")
    parser.add_argument("--batch-size", type=int, metavar="N", help="windows a step (default: 8; base, paper: 16)")
    parser.add_argument("--learning-rate", type=float, metavar="R", help="(default: 1e-3; base, paper: 1e-4)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of all chance (default: %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, mps, cuda or cuda:N (default: %(default)s)")
    return parser


def _recipe(options: argparse.Namespace) -> Recipe:
    named = {name: getattr(options, name) for name in ("epochs", "batch_size", "learning_rate", "seed")}
    return replace(RECIPES[options.size], **{name: value for name, value in named.items() if value is not None})


def _splits(options: argparse.Namespace) -> dict[str, Annotations]:
    """Annotations to train on and to validate with."""
    annotations = read_annotations(options.annotations)
    try:
        share = float(options.validation)
    except ValueError:
        return {"training": annotations, "validation": read_annotations(options.validation)}
    if not 0 < share < 1:
        raise VideoError(f"--validation {options.validation} is no share of the videos: choose one between 0 and 1")
    return split_by_video(annotations, {"training": 1 - share, "validation": share}, options.seed)


def _open_output(folder: Path) -> None:
    """Refuses, before anything is trained, a folder that cannot be written or that a checkpoint is in."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"cannot make the folder {str(folder)!r} ({error.strerror}): choose another OUTPUT") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise VideoError(f"cannot write to the folder {str(folder)!r}: choose another OUTPUT")
    taken = [name for name in (CONFIG, WEIGHTS) if (folder / name).exists()]
    if taken:
        raise VideoError(f"{str(folder / taken[0])!r} is there already: choose another OUTPUT, or remove it")


def _told(annotations: Annotations) -> str:
    windows = annotations.windows
    return f"{len(windows)} windows of {windows['video_id'].nunique()} videos with {len(annotations.clips)} clips"


def _line(epoch: dict[str, float], epochs: int) -> str:
    losses = "  ".join(f"{name} {epoch[name]:.4f}" for name in ("focal", "diou", "alignment"))
    best = "  (best so far)" if epoch["best"] else ""
    return (
        f"epoch {epoch['epoch']:{len(str(epochs))}}/{epochs}  {losses}  validation {epoch['validation_loss']:.4f}{best}"
    )


def _kept(epochs: list[dict[str, float]], output: Path) -> str:
    """What is in the folder after these epochs."""
    if not epochs:
        return "no epoch had ended, so that nothing was written"
    best = min(epochs, key=lambda epoch: epoch["validation_loss"])
    return f"{str(output)!r} holds the best scorer, of epoch {best['epoch']} of {len(epochs)} done"


if __name__ == "__main__":
    sys.exit(main())
