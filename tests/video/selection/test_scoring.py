from dataclasses import replace

import numpy as np
import pytest
import torch

from nbutils.video.errors import VideoError
from nbutils.video.features.features import Features
from nbutils.video.model.config import scorer_config
from nbutils.video.model.inputs import batch_of
from nbutils.video.model.network import ClipScorer
from nbutils.video.selection.contributions import drop_one
from nbutils.video.selection.scoring import score_video, window_parts

CONFIG = scorer_config("small", visual=3, audio=2, text=4, input_hidden=8, hidden_size=16, intermediate_size=16)


@pytest.fixture
def scorer():
    torch.manual_seed(0)
    return ClipScorer(CONFIG).eval()


def video(duration, seed=0, **absent):
    rng = np.random.default_rng(seed)
    seconds = int(np.ceil(duration))
    arrays = {
        name: rng.standard_normal((seconds, width), dtype=np.float32)
        for name, width in (("visual", 3), ("audio", 2), ("text", 4))
    }
    return Features("v", **(arrays | absent), duration=duration)


def test_a_candidate_lies_around_the_middle_of_its_second_within_the_video(scorer):
    features = video(29.3)
    table = score_video(scorer, features)
    assert list(table) == ["video_id", "start", "end", "score", "second"]
    with torch.no_grad():
        outputs = scorer(*batch_of([features], CONFIG))
    for second in range(30):
        before, after = outputs.offsets[0, second].tolist()
        assert table["start"][second] == pytest.approx(min(29.3, max(0, second + 0.5 - before)), abs=1e-4)
        assert table["end"][second] == pytest.approx(min(29.3, second + 0.5 + after), abs=1e-4)
        assert table["score"][second] == pytest.approx(outputs.logits[0, second].sigmoid().item(), abs=1e-6)


@pytest.mark.parametrize(("seconds", "window", "overlap"), [(1, 10, 3), (10, 10, 3), (11, 10, 3), (997, 100, 31)])
def test_parts_keep_each_second_once_with_context(seconds, window, overlap):
    parts = window_parts(seconds, window, overlap)
    kept = [second for part in parts for second in range(part.kept_first, part.kept_stop)]
    assert kept == list(range(seconds))
    for part in parts:
        assert part.stop - part.first == min(window, seconds)
        assert part.first <= part.kept_first < part.kept_stop <= part.stop
        assert part.kept_first == 0 or part.kept_first - part.first >= overlap // 2
        assert part.kept_stop == seconds or part.stop - part.kept_stop >= overlap // 2


def test_long_videos_are_scored_part_by_part(scorer):
    features = video(50.0)
    table = score_video(scorer, features, window=20, overlap=8)
    for part in window_parts(50, 20, 8):
        arrays = {name: getattr(features, name)[part.first : part.stop] for name in ("visual", "audio", "text")}
        alone = score_video(scorer, Features("v", **arrays, duration=20.0))["score"]
        kept = slice(part.kept_first - part.first, part.kept_stop - part.first)
        np.testing.assert_allclose(table["score"][part.kept_first : part.kept_stop], alone[kept], rtol=1e-5)


def test_windows_that_cannot_step_are_refused(scorer):
    with pytest.raises(VideoError, match="cannot overlap by 20 s"):
        score_video(scorer, video(50.0), window=20, overlap=20)


def test_features_of_another_encoder_are_refused(scorer):
    scorer.config = CONFIG.with_encoders({"text": "minilm"})
    with pytest.raises(VideoError, match=r"text features of 'v' were made by 'ngrams' .* on 'minilm'"):
        score_video(scorer, replace(video(5.0), encoders={"text": "ngrams"}))


def test_each_present_modality_is_dropped_in_turn(scorer):
    features = video(12.0, text=None)
    table = drop_one(scorer, features)
    assert list(table) == ["dropped", "second", "score", "change"]
    assert table.groupby("dropped", sort=False).size().to_dict() == {"nothing": 12, "visual": 12, "audio": 12}
    by_name = table.pivot(index="second", columns="dropped", values="score")
    expected = score_video(scorer, video(12.0, text=None, audio=None))["score"]
    np.testing.assert_allclose(by_name["audio"], expected)
    changes = table.pivot(index="second", columns="dropped", values="change")
    np.testing.assert_allclose(changes["audio"], by_name["audio"] - by_name["nothing"])
    assert (changes["nothing"] == 0).all()
    assert (changes["audio"].abs() > 1e-6).all()


def test_the_only_modality_is_never_dropped(scorer):
    table = drop_one(scorer, video(5.0, text=None, audio=None))
    assert table["dropped"].unique().tolist() == ["nothing"]
