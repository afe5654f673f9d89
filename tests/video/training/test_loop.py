from dataclasses import replace

import numpy as np
import pytest
import torch

from nbutils.training.loop import learning_rate_factor
from nbutils.video.errors import VideoError
from nbutils.video.features.features import Features
from nbutils.video.model.checkpoint import load_checkpoint
from nbutils.video.model.config import scorer_config
from nbutils.video.model.network import ClipScorer
from nbutils.video.training.data import Window, WindowData
from nbutils.video.training.loop import hide_modalities, train_scorer
from nbutils.video.training.recipe import Recipe
from nbutils.video.training.standardisation import fit_inputs
from tests.video.training.planted import WIDTHS, planted_videos

CONFIG = scorer_config("small", **WIDTHS, input_hidden=8, hidden_size=16, intermediate_size=16)
RECIPE = Recipe(epochs=4, batch_size=2, learning_rate=2e-3)


def data(count, seed):
    features, windows = planted_videos(count, 120, seed)
    return WindowData(windows, features.__getitem__, CONFIG)


def data_made_by(encoders, count, seed):
    """Each video with the encoders of its place in the list, and over again; sound in no video but the first."""
    features, windows = planted_videos(count, 60, seed)
    for number, name in enumerate(features):
        made_by = encoders[number % len(encoders)]
        features[name] = replace(features[name], encoders=made_by, **({"audio": None} if number else {}))
    return WindowData(windows, features.__getitem__, CONFIG)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return folder, *train_scorer(CONFIG, data(5, 1), data(2, 2), folder, RECIPE)


def weights(model):
    return torch.cat([tensor.flatten() for tensor in model.state_dict().values()])


def test_the_same_seed_gives_the_same_weights_and_another_one_others(trained, tmp_path):
    folder, model, history = trained
    torch.rand(7)
    again, history_again = train_scorer(CONFIG, data(5, 1), data(2, 2), tmp_path, RECIPE)
    assert torch.equal(weights(again), weights(model))
    assert history_again.equals(history)
    assert (tmp_path / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    other, _ = train_scorer(CONFIG, data(5, 1), data(2, 2), tmp_path, Recipe(**(vars(RECIPE) | {"seed": 1})))
    assert not torch.equal(weights(other), weights(model))


def test_training_leaves_the_callers_random_numbers_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_scorer(CONFIG, data(2, 1), data(1, 2), tmp_path, Recipe(epochs=1))
    assert torch.equal(torch.rand(3), expected)


def test_the_learning_rate_rises_and_falls_step_by_step(trained):
    _, _, history = trained
    steps, per_epoch = 12, 3
    expected = [2e-3 * learning_rate_factor(epoch * per_epoch - 1, steps, 1) for epoch in range(1, 5)]
    np.testing.assert_allclose(history["learning_rate"], expected)
    assert history["learning_rate"].is_monotonic_decreasing


def test_the_loss_falls_and_the_best_validation_epoch_is_marked(trained):
    _, _, history = trained
    assert history["focal"].iloc[-1] < history["focal"].iloc[0]
    assert history["best"].tolist() == (history["validation_loss"].cummin().diff().fillna(-1) < 0).tolist()


def test_the_folder_holds_the_best_epoch_and_not_the_last(tmp_path, monkeypatch):
    seen = []

    def losses(model, batches, recipe):
        seen.append(weights(model).clone())
        return [3.0, 1.0, 2.0, 1.5][len(seen) - 1]

    monkeypatch.setattr("nbutils.video.training.loop.validation_loss", losses)
    model, history = train_scorer(CONFIG, data(2, 1), data(1, 2), tmp_path, RECIPE)
    assert history["best"].tolist() == [True, True, False, False]
    assert torch.equal(weights(model), seen[1])
    assert torch.equal(weights(load_checkpoint(tmp_path)), seen[1])


def test_an_interruption_leaves_the_last_whole_checkpoint(tmp_path):
    training = data(3, 1)
    reads = []

    def read_until_interrupted(name, read=training.read):
        reads.append(name)
        if len(reads) == 3 + 3 + 2:  # standardisation, the first epoch, the middle of the second one
            raise KeyboardInterrupt
        return read(name)

    training.read = read_until_interrupted
    with pytest.raises(KeyboardInterrupt):
        train_scorer(CONFIG, training, data(1, 2), tmp_path / "interrupted", RECIPE)
    assert load_checkpoint(tmp_path / "interrupted").config == CONFIG
    assert sorted(file.name for file in (tmp_path / "interrupted").iterdir()) == ["config.json", "model.safetensors"]


def test_a_video_in_both_sets_is_refused(tmp_path):
    shared = data(2, 1)
    with pytest.raises(VideoError, match=r"'video1-0' stands in training and validation \(2 do\)"):
        train_scorer(CONFIG, shared, shared, tmp_path, RECIPE)


def test_a_scorer_knows_the_encoders_of_its_training(tmp_path):
    training = data_made_by([{"visual": "clip", "audio": "panns"}, {"visual": "", "audio": "absent"}], 3, 1)
    scorer, _ = train_scorer(CONFIG, training, data(1, 2), tmp_path, Recipe(epochs=1))
    assert scorer.config.encoders == {"visual": "clip", "audio": "panns"}
    assert scorer.config.model_copy(update={"encoders": {}}) == CONFIG


def test_features_of_several_encoders_are_refused(tmp_path):
    mixed, other = data_made_by([{"visual": "clip"}, {"visual": "siglip"}], 2, 1), data_made_by([{"text": "b"}], 1, 2)
    message = r"visual features of 'video1-\d' were made by '\w+' where the scorer was trained on '\w+'"
    with pytest.raises(VideoError, match=message):
        train_scorer(CONFIG, mixed, data(1, 2), tmp_path, RECIPE)
    with pytest.raises(VideoError, match=r"text features of 'video2-0' were made by 'b' .* on 'a'"):
        train_scorer(CONFIG, data_made_by([{"text": "a"}], 2, 1), other, tmp_path, RECIPE)
    assert not list(tmp_path.iterdir())


def test_a_training_that_diverges_says_so(tmp_path):
    with pytest.raises(VideoError, match=r"not finite after epoch 1.*below 1e"):
        train_scorer(CONFIG, data(4, 1), data(1, 2), tmp_path, Recipe(epochs=1, batch_size=1, learning_rate=1e18))


def test_modalities_are_hidden_by_chance_but_one_always_stays():
    generator = torch.Generator().manual_seed(0)
    present = torch.tensor([[True, True, True]]).repeat(20_000, 1)
    hidden = hide_modalities(present, 0.3, generator)
    # All three are hidden in .027 of the windows, and then all are shown.
    assert hidden.float().mean().item() == pytest.approx(0.7 + 0.027, abs=0.01)
    assert hidden.any(1).all()
    few = torch.tensor([[True, False, False], [True, True, False]]).repeat(1000, 1)
    hidden = hide_modalities(few, 0.5, generator)
    assert hidden.any(1).all()
    assert not (hidden & ~few).any()


def test_inputs_are_standardised_over_all_rows_of_the_training_windows():
    rng = np.random.default_rng(0)
    videos = {}
    for index, seconds in enumerate((30, 50, 7)):
        rows = rng.standard_normal((seconds, WIDTHS["visual"])).astype(np.float32) * 3 + index
        rows[:, 0] = 4
        videos[str(index)] = Features(str(index), rows, None, None, duration=float(seconds))
    windows = [Window(name, 0.0, video.duration, np.empty((0, 2))) for name, video in videos.items()]
    model = ClipScorer(CONFIG)
    fit_inputs(model, WindowData(windows, videos.__getitem__, CONFIG), seed=0)
    everything = np.concatenate([video.visual for video in videos.values()]).astype(np.float64)
    np.testing.assert_allclose(model.encoders["visual"].mean, everything.mean(0), rtol=1e-5)
    np.testing.assert_allclose(model.encoders["visual"].scale[1:], everything.std(0)[1:], rtol=1e-5)
    assert model.encoders["visual"].scale[0] == 1
    assert (model.encoders["audio"].mean == 0).all()
