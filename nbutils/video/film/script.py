"""What happens in a generated film: scenes, of which the highlights are known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from nbutils.video.film import sentences
from nbutils.video.film.topics import Topic
from nbutils.video.film.voice import Speak, Voice
from nbutils.video.media.items import SAMPLE_RATE

Card = TypeVar("Card")

MIN_SCENE, MAX_SCENE = 12.0, 40.0

# Silence before the first sentence of a scene and after its last, and the longest between two, seconds.
_LEAD, _TAIL, _LONGEST_PAUSE = 0.25, 0.35, 0.9
_LONGEST_SENTENCE = 7.0
_VARIANTS = ("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
_UNSEEN_VARIANTS = ("Annie", "Michael", "belinda", "Lee", "linda", "Mario", "Andy", "steph")


class Cues(NamedTuple):
    """Which modalities speak for a scene."""

    visual: bool
    audio: bool
    text: bool

    @property
    def highlight(self) -> bool:
        """Two of three make a highlight, so that one modality alone is right in three scenes of four."""
        return sum(self) >= 2


HIGHLIGHTS = (Cues(True, True, False), Cues(True, False, True), Cues(False, True, True), Cues(True, True, True))
OTHERS = tuple(Cues(*(not cue for cue in cues)) for cues in HIGHLIGHTS)


@dataclass(frozen=True)
class Line:
    """A sentence, when it is spoken, when its caption comes, and its sound."""

    text: str
    start: float
    end: float
    caption_start: float
    samples: np.ndarray


class Shot(NamedTuple):
    """A time without a cut: a close-up of the thing or the presenter, and the number that all else follows from."""

    start: float
    end: float
    close_up: bool
    number: int


class Music(NamedTuple):
    """A time with music, and its loudness beside the voice."""

    start: float
    end: float
    level: float


@dataclass(frozen=True)
class Scene:
    """A part of a film; all times are seconds of the film."""

    start: float
    end: float
    cues: Cues
    lines: tuple[Line, ...]
    shots: tuple[Shot, ...]
    music: tuple[Music, ...]


@dataclass(frozen=True)
class Script:
    """All that a film is made from; `number` decides how presenter, rooms and music are."""

    name: str
    topic: Topic
    unseen: bool
    number: int
    scenes: tuple[Scene, ...]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.scenes[-1].end


def write_script(name: str, topic: Topic, seconds: float, number: int, speak: Speak, *, unseen: bool = False) -> Script:
    """A film of about `seconds`.

    It begins and ends with a scene that is no highlight, and so does no highlight touch another. Cue patterns come from
    two decks, one of highlights and one of others, that are dealt to the end before they are shuffled again.

    Args:
        name: of the film.
        topic: that it is about.
        seconds: it ends with the first ordinary scene that reaches them.
        number: the seed of everything.
        speak: gives the sound of a sentence, see `voice.speaker`.
        unseen: whether it takes sentences, voices and colours that no training film has.
    """
    random = np.random.default_rng(number)
    narrator = _Narrator(topic, unseen, random, speak)
    highlights, others = _dealt(HIGHLIGHTS, random), _dealt(OTHERS, random)
    scenes: list[Scene] = []
    ordinary = int(random.integers(1, 3))
    while not scenes or scenes[-1].end < seconds or scenes[-1].cues.highlight:
        if ordinary:
            cues, ordinary = next(others), ordinary - 1
        else:
            cues, ordinary = next(highlights), int(random.integers(1, 3))
        scenes.append(_scene(scenes[-1].end if scenes else 0.0, cues, narrator, random))
    return Script(name, topic, unseen, number, tuple(scenes))


def _dealt(deck: tuple[Card, ...], random: np.random.Generator) -> Iterator[Card]:
    """All cards of a deck in random order, then all of them again in another."""
    while True:
        for index in random.permutation(len(deck)):
            yield deck[index]


class _Narrator:
    """Says sentences of both kinds, each once before one is said again."""

    def __init__(self, topic: Topic, unseen: bool, random: np.random.Generator, speak: Speak):
        if unseen:
            pools, variants = (sentences.UNSEEN_ORDINARY, sentences.UNSEEN_PAYING_OFF), _UNSEEN_VARIANTS
        else:
            pools, variants = (sentences.ORDINARY, sentences.PAYING_OFF), _VARIANTS
        self._pools = [_dealt(pool, random) for pool in pools]
        self._words = topic._asdict()
        self._speak = speak
        self._voice = Voice(
            f"en-us+{variants[random.integers(len(variants))]}",
            rate=int(random.integers(150, 180)),
            pitch=int(random.integers(35, 60)),
            range=int(random.integers(25, 50)),
        )

    def say(self, paying_off: bool, lively: float) -> tuple[str, np.ndarray]:
        """The next sentence of one kind and its sound; `lively` from 0 to 1."""
        text = next(self._pools[paying_off]).format_map(self._words)
        voice = self._voice
        voice = voice._replace(
            rate=round(voice.rate * (1 + 0.15 * lively)),
            pitch=round(voice.pitch + 12 * lively),
            range=round(voice.range + 40 * lively),
        )
        return text, self._speak(text, voice)


def _scene(start: float, cues: Cues, narrator: _Narrator, random: np.random.Generator) -> Scene:
    lines = _lines(start, cues, narrator, random)
    end = round(lines[-1].end + _TAIL, 1)
    return Scene(start, end, cues, tuple(lines), _shots(start, end, cues, random), _music(start, end, cues, random))


def _lines(start: float, cues: Cues, narrator: _Narrator, random: np.random.Generator) -> list[Line]:
    """Sentences of which most pay off where the text cue is on, and few elsewhere, until the scene is long enough."""
    length = random.uniform(MIN_SCENE, MAX_SCENE - _LONGEST_SENTENCE - _LONGEST_PAUSE - _TAIL)
    share = random.uniform(0.75, 1.0) if cues.text else random.uniform(0.0, 0.15)
    lively = random.uniform(0.4, 1.0) if cues.audio else random.uniform(0.0, 0.35)
    lines, time = [], start + _LEAD
    while time - start < length:
        text, samples = narrator.say(bool(random.random() < share), lively)
        end = time + len(samples) / SAMPLE_RATE
        late = random.uniform(0.3, 1.2) if random.random() < 0.15 else 0.0
        lines.append(Line(text, time, end, time + late, samples))
        time = end + random.uniform(0.25, _LONGEST_PAUSE)
    return lines


def _shots(start: float, end: float, cues: Cues, random: np.random.Generator) -> tuple[Shot, ...]:
    """Up to four shots, most of them close-ups where the visual cue is on; others may have a short close-up."""
    count = int(random.integers(3, 5) if cues.visual else random.integers(1, 4))
    close_up = np.full(count, cues.visual)
    if count > 2 and random.random() < 0.6:
        # A look at the presenter in a demonstration, or at the thing in a talk.
        close_up[random.integers(1, count)] = not cues.visual
    weights = np.where(close_up == cues.visual, random.uniform(0.7, 1.3, count), random.uniform(0.2, 0.45, count))
    cuts = np.round(start + np.concatenate([[0], np.cumsum(weights / weights.sum())]) * (end - start), 1)
    cuts[0], cuts[-1] = start, end
    numbers = random.integers(1 << 30, size=count)
    return tuple(
        Shot(float(a), float(b), bool(close), int(number))
        for a, b, close, number in zip(cuts[:-1], cuts[1:], close_up, numbers, strict=True)
    )


def _music(start: float, end: float, cues: Cues, random: np.random.Generator) -> tuple[Music, ...]:
    """Under the whole scene where the audio cue is on; elsewhere, seldom, a short burst."""
    if cues.audio:
        return (Music(start, end, random.uniform(0.1, 0.35)),)
    if random.random() < 0.35:
        begin = random.uniform(start, end - 5)
        return (Music(begin, begin + random.uniform(2, 5), random.uniform(0.1, 0.35)),)
    return ()
