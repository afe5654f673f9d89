import json
import re

import numpy as np
import pytest

from nbutils.video.annotations import read_annotations
from nbutils.video.features.features import Features
from nbutils.video.features.folder import write_features
from nbutils.video.model.checkpoint import load_checkpoint
from nbutils.video.selection import score_video
from nbutils.video.training.__main__ import main

WIDTHS = {"visual": 6, "text": 5}


def features_of(name, seconds=30, encoder="clip"):
    rng = np.random.default_rng(len(name))
    arrays = {modality: rng.standard_normal((seconds, width), dtype=np.float32) for modality, width in WIDTHS.items()}
    return Features(name, audio=None, **arrays, duration=float(seconds), encoders={"visual": encoder})


def entries(names):
    return [
        {"youtube_id": name, "timeRange": [0, 30], "segments": [[5, 15], [18.5, 28]], "coverage": 0.65}
        for name in names
    ]


@pytest.fixture
def data(tmp_path):
    """A folder `features` of six videos and `all.json`."""
    names = [f"video{'x' * number}" for number in range(6)]
    for name in names:
        write_features(features_of(name), tmp_path / "features")
    (tmp_path / "all.json").write_text(json.dumps(entries(names)))
    return tmp_path


@pytest.fixture
def train(data, capsys):
    """Runs the command on the data, and gives the exit code and both outputs."""

    def run(*arguments, annotations="all.json", output="scorer"):
        places = [str(data / place) for place in ("features", annotations, output)]
        code = main([*places, "--device", "cpu", *arguments])
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


def test_a_scorer_is_trained_and_scores_videos_of_the_folder(data, train):
    code, out, err = train("--epochs", "2", "--validation", "0.34")
    assert code == 0, err
    assert re.search(r"4 windows of 4 videos with 8 clips to train on, 2 windows of 2 videos with 4 clips", out)
    assert "visual 6, text 5; size small, on cpu" in out
    assert len(re.findall(r"^epoch \d/2  focal .* diou .* alignment .* validation", out, re.MULTILINE)) == 2
    assert re.search(r"scorer' holds the best scorer, of epoch [12] of 2 done", out)
    scorer = load_checkpoint(data / "scorer")
    assert scorer.config.widths() == (6, 1, 5)
    assert scorer.config.encoders == {"visual": "clip"}
    assert len(score_video(scorer, features_of("other"))) == 30


def test_a_second_file_validates(data, train):
    names = [entry["youtube_id"] for entry in json.loads((data / "all.json").read_text())]
    (data / "train.json").write_text(json.dumps(entries(names[:5])))
    (data / "val.json").write_text(json.dumps(entries(names[5:])))
    code, out, _ = train("--validation", str(data / "val.json"), "--epochs", "1", annotations="train.json")
    assert code == 0
    assert "5 windows of 5 videos with 10 clips to train on, 1 windows of 1 videos with 2 clips to validate" in out


def test_the_recipe_follows_the_size_and_the_options(train, monkeypatch):
    given = []
    monkeypatch.setattr("nbutils.video.training.__main__.train_scorer", lambda *arguments: given.append(arguments))
    train("--size", "paper", "--seed", "3", output="a")
    train("--batch-size", "2", "--learning-rate", "0.01", output="b")
    (paper, _, _, _, of_paper, _, _), (small, _, _, _, of_small, _, _) = given
    assert (paper.hidden_size, small.hidden_size) == (512, 64)
    assert (of_paper.epochs, of_paper.batch_size, of_paper.learning_rate, of_paper.seed) == (50, 16, 1e-4, 3)
    assert (of_small.epochs, of_small.batch_size, of_small.learning_rate, of_small.seed) == (30, 2, 0.01, 0)


@pytest.mark.parametrize("before", [0, 2])
def test_an_interruption_keeps_the_best_scorer_and_says_so(data, train, monkeypatch, before):
    losses = iter([1.0, 2.0])

    def loss(*_):
        try:
            return next(losses) if before else next(iter(()))
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr("nbutils.video.training.loop.validation_loss", loss)
    code, out, err = train("--epochs", "5")
    assert code == 130
    assert out.count("epoch ") == before
    if before:
        assert err.endswith("scorer' holds the best scorer, of epoch 1 of 2 done\n")
        assert load_checkpoint(data / "scorer").config.visual == 6
    else:
        assert err == "nbutils.video.training: interrupted; no epoch had ended, so that nothing was written\n"
        assert list((data / "scorer").iterdir()) == []


def leaking(data):
    (data / "leaking.json").write_text(json.dumps(entries(["video"])))


def of_another_encoder(data):
    write_features(features_of("videoxx", encoder="siglip"), data / "features")


def shorter_than_its_window(data):
    write_features(features_of("videoxx", seconds=12), data / "features")


WRONG = {
    "no annotations": (lambda d: (d / "all.json").unlink(), [], r"cannot read the annotations"),
    "annotations are a video": (lambda d: (d / "all.json").write_bytes(b"\0\0\0 ftyp\xff"), [], "not UTF-8"),
    "no features": (lambda d: (d / "features").rename(d / "moved"), [], r"annotated videos have no features"),
    "one without features": (
        lambda d: [(d / "features" / m / "video.npy").unlink() for m in WIDTHS],
        [],
        r"1 of \d annotated videos have no features in .*\(first 'video'\)",
    ),
    "features of another encoder": (of_another_encoder, [], r"visual features of 'video\w*' were made by"),
    "short features": (shorter_than_its_window, [], r"12 rows where its annotated window ends at 30 s"),
    "one video": (leaking, ["--validation", "0.01"], r"6 videos leave none for the split 'validation'"),
    "share": (leaking, ["--validation", "1.5"], r"1\.5 is no share"),
    "not a number": (leaking, ["--validation", "nan"], r"nan is no share"),
    "leak": (leaking, ["--validation", "leaking.json"], r"'video' stands in training and validation \(1 do\)"),
    "epochs": (leaking, ["--epochs", "0"], r"epochs of a training is 0: choose 1 or more"),
    "learning rate": (leaking, ["--learning-rate", "-1"], r"learning_rate of a training is -1"),
    "seed": (leaking, ["--seed", "-1"], r"seed of a training is -1"),
    "device": (leaking, ["--device", "tpu"], r"device 'tpu' is unknown"),
    "output is a file": (
        lambda d: (d / "scorer").write_text(""),
        [],
        r"cannot make the folder .*choose another OUTPUT",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(data, train, monkeypatch, case):
    change, arguments, message = WRONG[case]
    change(data)
    monkeypatch.chdir(data)
    code, _, err = train(*arguments)
    assert code == 2
    assert re.search(f"^nbutils.video.training: .*{message}", err)
    assert err.count("\n") == 1


def test_a_checkpoint_is_never_overwritten(data, train):
    assert train("--epochs", "1")[0] == 0
    before = (data / "scorer" / "model.safetensors").read_bytes()
    code, _, err = train("--epochs", "1", "--seed", "2")
    assert code == 2
    assert "config.json' is there already: choose another OUTPUT" in err
    assert (data / "scorer" / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("arguments", [["--size", "huge"], ["--epochs", "many"]])
def test_wrong_usage_ends_with_2(train, arguments):
    with pytest.raises(SystemExit) as caught:
        train(*arguments)
    assert caught.value.code == 2


def test_the_windows_of_a_video_stay_together(data, train, monkeypatch):
    both = entries(["video", "videox", "videoxx"])
    late = [entry | {"timeRange": [1, 30]} for entry in both]
    (data / "windows.json").write_text(json.dumps(both + late))
    assert len(read_annotations(data / "windows.json").windows) == 6
    given = []
    monkeypatch.setattr("nbutils.video.training.__main__.train_scorer", lambda *arguments: given.append(arguments))
    train("--validation", "0.4", annotations="windows.json")
    [(_, training, validation, *_)] = given
    assert (len(training), len(validation)) == (4, 2)
    assert not training.video_ids() & validation.video_ids()
