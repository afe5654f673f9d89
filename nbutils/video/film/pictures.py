"""Pictures of a generated film: a presenter in a room, and close-ups of the thing that the film is about."""

import colorsys
import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from nbutils.video.film.script import Script, Shot
from nbutils.video.film.shapes import SHAPES

WIDTH, HEIGHT = 320, 180
# Drawn at twice the size, so that edges are smooth.
_SCALE = 2

# Hues (0-1) of close-ups and of rooms; those of films that no training has seen lie between the others.
_BRIGHT, _UNSEEN_BRIGHT = (0.02, 0.12, 0.33, 0.55, 0.75), (0.07, 0.22, 0.46, 0.63, 0.88)
_ROOMS, _UNSEEN_ROOMS = (0.08, 0.3, 0.58), (0.16, 0.45, 0.68)
_SKINS = ((242, 205, 175), (222, 175, 135), (160, 112, 80), (105, 70, 50))
_HAIRS = ((40, 30, 25), (110, 70, 35), (185, 150, 90), (120, 120, 120), (150, 70, 40))


class Painter:
    """Draws the pictures of one film."""

    def __init__(self, script: Script):
        random = np.random.default_rng([script.number, 2])
        self._parts = SHAPES[script.topic.shape]
        self._bright = _UNSEEN_BRIGHT if script.unseen else _BRIGHT
        self._room = random.choice(_UNSEEN_ROOMS if script.unseen else _ROOMS)
        self._skin = _SKINS[random.integers(len(_SKINS))]
        self._hair = _HAIRS[random.integers(len(_HAIRS))]
        self._shirt = _colour(random.uniform(), random.uniform(0.15, 0.4), random.uniform(0.35, 0.6))
        self._long_hair = random.random() < 0.5
        self._backdrop = lru_cache(maxsize=2)(self._draw_backdrop)

    def picture(self, shot: Shot, time: float, mouth: float) -> np.ndarray:
        """What is on screen, uint8 RGB [180, 320, 3].

        Args:
            shot: that is on.
            time: seconds of the film.
            mouth: of the presenter, from 0 (closed) to 1 (wide open).
        """
        image = self._backdrop(shot).copy()
        draw = ImageDraw.Draw(image)
        random = np.random.default_rng(shot.number)
        if shot.close_up:
            self._draw_thing(draw, random, time - shot.start)
        else:
            self._draw_presenter(draw, random, time, mouth)
        return np.asarray(image.reduce(_SCALE))

    def _draw_backdrop(self, shot: Shot) -> Image.Image:
        random = np.random.default_rng([shot.number, 3])
        if shot.close_up:
            hue = random.choice(self._bright)
            return _gradient(_colour(hue, 0.75, 1.0), _colour(hue + 0.06, 0.85, 0.75))
        light = random.uniform(0.4, 0.75)
        hue = self._room + random.uniform(-0.03, 0.03)
        image = _gradient(_colour(hue, 0.18, light), _colour(hue, 0.22, light * 0.8))
        _draw_shelf(ImageDraw.Draw(image), random, hue, light)
        return image

    def _draw_thing(self, draw: ImageDraw.ImageDraw, random: np.random.Generator, time: float) -> None:
        """The thing, large, turning and swaying in its shot's own way, on a table, with a hand that works on it."""
        width, height = WIDTH * _SCALE, HEIGHT * _SCALE
        hue = random.choice(self._bright) + 0.5
        colours = [_colour(hue, 0.8, 0.95), _colour(hue + 0.08, 0.35, 1.0), _colour(hue - 0.1, 0.9, 0.45)]
        draw.rectangle((0, height * 0.82, width, height), fill=_colour(hue + 0.45, 0.35, 0.55))
        speed, sway, size = random.uniform(1.5, 3.5), random.uniform(0.05, 0.2), random.uniform(0.3, 0.42)
        turn = random.uniform(-0.5, 0.5) + random.choice([-1, 1]) * (0.35 * math.sin(speed * time) + 0.25 * time)
        x = width * (0.5 + sway * math.sin(0.9 * speed * time + random.uniform(0, 6)))
        y = height * (0.47 + 0.5 * sway * math.cos(1.3 * speed * time))
        size *= height * (1 + 0.04 * time)
        cos, sin = math.cos(turn), math.sin(turn)
        for corners, colour in self._parts:
            turned = corners @ np.array([[cos, sin], [-sin, cos]]) * size + [x, y]
            draw.polygon(list(map(tuple, turned)), fill=colours[colour])
        reach = size * (0.85 + 0.15 * math.sin(2 * speed * time))
        _draw_hand(draw, x + reach, y + 0.5 * size, self._skin, self._shirt)

    def _draw_presenter(
        self, draw: ImageDraw.ImageDraw, random: np.random.Generator, time: float, mouth: float
    ) -> None:
        """The presenter behind a desk, nearer or farther, who breathes, blinks and speaks."""
        width, height = WIDTH * _SCALE, HEIGHT * _SCALE
        size = height * random.uniform(0.11, 0.19)
        x = width * random.uniform(0.3, 0.65) + 0.06 * size * math.sin(0.7 * time)
        y = height * 0.42 + 0.04 * size * math.sin(1.9 * time)
        shade = tuple(int(0.8 * part) for part in self._shirt)
        if self._long_hair:
            draw.rounded_rectangle((x - 1.05 * size, y - size, x + 1.05 * size, y + 1.5 * size), size, fill=self._hair)
        draw.rounded_rectangle((x - 1.9 * size, y + 1.45 * size, x + 1.9 * size, y + 6 * size), size, fill=self._shirt)
        draw.rectangle((x - 0.35 * size, y + 0.8 * size, x + 0.35 * size, y + 1.7 * size), fill=self._skin)
        draw.polygon(
            [(x - 0.45 * size, y + 1.45 * size), (x + 0.45 * size, y + 1.45 * size), (x, y + 2.3 * size)], fill=shade
        )
        _ellipse(draw, x, y - 0.2 * size, 0.98 * size, 1.15 * size, self._hair)
        _ellipse(draw, x, y + 0.12 * size, 0.85 * size, 1.02 * size, self._skin)
        eye = 0.02 if time % 3.7 < 0.15 else 0.12
        for side in (-1, 1):
            _ellipse(draw, x + side * 0.35 * size, y, 0.14 * size, 1.3 * eye * size, (250, 250, 250))
            _ellipse(draw, x + side * 0.35 * size, y, 0.08 * size, eye * size, (45, 35, 35))
        _ellipse(draw, x, y + 0.6 * size, 0.26 * size, (0.04 + 0.2 * mouth) * size, (130, 50, 50))
        desk = height * 0.84
        draw.rectangle((0, desk, width, height), fill=_colour(self._room + 0.4, 0.25, 0.35))
        draw.rectangle((0, desk, width, desk + 6), fill=_colour(self._room + 0.4, 0.2, 0.48))
        for side in (-1, 1):
            lift = 0.3 * size * max(0.0, math.sin(1.1 * time + 2 * side)) * mouth
            _ellipse(draw, x + side * 1.7 * size, desk - lift, 0.5 * size, 0.3 * size, self._skin)


def _draw_shelf(draw: ImageDraw.ImageDraw, random: np.random.Generator, hue: float, light: float) -> None:
    """A shelf with boxes at one side of the room, a picture at the other."""
    width, height = WIDTH * _SCALE, HEIGHT * _SCALE
    left = random.uniform(0.03, 0.2) * width if random.random() < 0.5 else random.uniform(0.6, 0.75) * width
    for board in (0.28, 0.5, 0.72):
        x = left + 6
        while x < left + 0.2 * width:
            wide, high = random.uniform(10, 30), random.uniform(20, 58)
            colour = _colour(random.uniform(), random.uniform(0.1, 0.35), light * random.uniform(0.5, 1.0))
            draw.rectangle((x, board * height - high, x + wide, board * height), fill=colour)
            x += wide + random.uniform(2, 14)
        draw.rectangle((left, board * height, left + 0.22 * width, board * height + 6), fill=_colour(hue, 0.3, 0.3))
    other = (left + (0.5 if left < width / 2 else -0.5) * width) % width
    draw.rectangle((other, 40, other + 110, 120), fill=_colour(hue, 0.1, light * 0.6))
    draw.rectangle((other + 8, 48, other + 102, 112), fill=_colour(hue + random.uniform(0.2, 0.8), 0.2, light))


def _draw_hand(draw: ImageDraw.ImageDraw, x: float, y: float, skin: tuple, sleeve: tuple) -> None:
    draw.line((x + 40, y + 24, x + 400, y + 240), fill=sleeve, width=84)
    _ellipse(draw, x + 36, y + 20, 52, 40, skin)
    for finger in range(3):
        draw.line((x + 20, y + 6 + 16 * finger, x - 40, y - 14 + 20 * finger), fill=skin, width=17)


def _ellipse(draw: ImageDraw.ImageDraw, x: float, y: float, across: float, down: float, colour: tuple) -> None:
    draw.ellipse((x - across, y - down, x + across, y + down), fill=colour)


def _gradient(top: tuple, bottom: tuple) -> Image.Image:
    """From one colour to the other, at the size that is drawn at."""
    share = np.linspace(0, 1, HEIGHT * _SCALE)[:, None, None]
    rows = np.array(top) * (1 - share) + np.array(bottom) * share
    return Image.fromarray(np.broadcast_to(rows, (HEIGHT * _SCALE, WIDTH * _SCALE, 3)).astype(np.uint8))


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 1, saturation, value))
