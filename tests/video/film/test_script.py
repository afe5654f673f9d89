from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.video.film import sentences
from nbutils.video.film.script import HIGHLIGHTS, MAX_SCENE, MIN_SCENE, OTHERS
from nbutils.video.film.topics import TRAINING_TOPICS
from tests.video.film.scripts import script_of

numbers = st.integers(0, 10**6)


@given(numbers, st.sampled_from(TRAINING_TOPICS), st.booleans())
@settings(max_examples=25)
def test_scenes_follow_one_another_and_no_highlight_touches_another_or_an_end(number, topic, unseen):
    scenes = script_of(topic, number, unseen=unseen).scenes
    assert scenes[0].start == 0
    assert all(before.end == after.start for before, after in pairwise(scenes))
    assert all(MIN_SCENE <= scene.end - scene.start <= MAX_SCENE for scene in scenes)
    highlights = [scene.cues.highlight for scene in scenes]
    assert not highlights[0]
    assert not highlights[-1]
    assert not any(before and after for before, after in pairwise(highlights))


@given(numbers)
@settings(max_examples=25)
def test_sentences_shots_and_music_lie_within_their_scene(number):
    for scene in script_of(TRAINING_TOPICS[0], number).scenes:
        assert scene.start < scene.lines[0].start
        assert scene.lines[-1].end < scene.end
        assert all(before.end < after.start for before, after in pairwise(scene.lines))
        assert all(line.start <= line.caption_start < line.end for line in scene.lines)
        assert 1 <= len(scene.shots) <= 4
        assert (scene.shots[0].start, scene.shots[-1].end) == (scene.start, scene.end)
        assert all(before.end == after.start and before.start < before.end for before, after in pairwise(scene.shots))
        assert all(scene.start <= music.start < music.end <= scene.end for music in scene.music)


def test_two_cues_make_a_highlight_and_each_cue_alone_is_right_in_three_scenes_of_four():
    assert sorted(map(str, (*HIGHLIGHTS, *OTHERS))) == sorted({str(cues) for cues in (*HIGHLIGHTS, *OTHERS)})
    assert all(cues.highlight == (sum(cues) >= 2) for cues in (*HIGHLIGHTS, *OTHERS))
    for modality in range(3):
        assert sum(cues[modality] for cues in HIGHLIGHTS) == 3
        assert sum(cues[modality] for cues in OTHERS) == 1


def test_a_film_deals_each_pattern_before_one_comes_again():
    scenes = script_of(TRAINING_TOPICS[1], 5, seconds=1500).scenes
    for deck in (HIGHLIGHTS, OTHERS):
        counts = Counter(scene.cues for scene in scenes if scene.cues in deck)
        assert set(counts) == set(deck)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_about_two_fifths_of_a_film_are_highlights():
    films = [script_of(TRAINING_TOPICS[number % 5], number) for number in range(40)]
    covered = sum(s.end - s.start for film in films for s in film.scenes if s.cues.highlight)
    assert 0.3 < covered / sum(film.duration for film in films) < 0.45
    assert 1.5 < np.mean([sum(s.cues.highlight for s in film.scenes) * 150 / film.duration for film in films]) < 3.2


def test_cues_are_carried_by_sentences_voice_pictures_and_music():
    topic = TRAINING_TOPICS[2]
    paying_off = {text.format_map(topic._asdict()) for text in sentences.PAYING_OFF}
    scenes = [scene for number in range(20) for scene in script_of(topic, number).scenes]

    def means(measure, cue):
        return [np.mean([measure(scene) for scene in scenes if scene.cues[cue] == on]) for on in (False, True)]

    def close_up(scene):
        return sum(s.end - s.start for s in scene.shots if s.close_up) / (scene.end - scene.start)

    def music(scene):
        return sum(m.end - m.start for m in scene.music) / (scene.end - scene.start)

    assert means(close_up, 0)[0] < 0.2 < 0.8 < means(close_up, 0)[1]
    assert means(music, 1)[0] < 0.1
    assert means(music, 1)[1] == pytest.approx(1)
    shares = means(lambda scene: np.mean([line.text in paying_off for line in scene.lines]), 2)
    assert shares[0] < 0.2 < 0.75 < shares[1]


def test_the_number_decides_everything():
    one, same, other = (script_of(TRAINING_TOPICS[3], number) for number in (7, 7, 8))
    assert [scene.shots for scene in one.scenes] == [scene.shots for scene in same.scenes]
    assert [line.text for scene in one.scenes for line in scene.lines] == [
        line.text for scene in same.scenes for line in scene.lines
    ]
    assert one.duration == same.duration != other.duration
