"""Things as polygons in the square from -1 to 1, y downwards: each part is its corners and the number of its colour."""

import numpy as np

Part = tuple[np.ndarray, int]


def _ring(corners: int, radius: float, turn: float = 0.0, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + turn
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def _spikes(count: int, inner: float) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 2 * count, endpoint=False)
    radius = np.where(np.arange(2 * count) % 2, inner, 1.0)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)


def _bar(angle: float, length: float, width: float) -> np.ndarray:
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    return np.array([-across * width, across * width, along * length + across * width, along * length - across * width])


def _wheel() -> list[Part]:
    spokes = [(_bar(angle, 0.8, 0.04), 0) for angle in np.linspace(0, 2 * np.pi, 9)[:-1]]
    return [(_ring(40, 1.0), 0), (_ring(40, 0.8), 1), *spokes, (_ring(16, 0.22), 2)]


def _leaf() -> list[Part]:
    x = np.linspace(-1, 1, 24)
    edge = 0.55 * np.cos(x * np.pi / 2) ** 0.7
    outline = np.concatenate([np.stack([x, edge], 1), np.stack([x, -edge], 1)[::-1]])
    veins = [
        (np.array([[x, 0], [x + 0.05, 0], [x + 0.35, 0.3 * side]]), 1) for x in (-0.5, -0.1, 0.3) for side in (-1, 1)
    ]
    return [(outline, 0), (_bar(0, 1, 0.03), 1), (_bar(np.pi, 1, 0.03), 1), *veins]


def _gear() -> list[Part]:
    teeth = np.repeat(np.where(np.arange(24) % 2, 0.78, 1.0), 2)
    angles = np.repeat(np.linspace(0, 2 * np.pi, 24, endpoint=False), 2)[np.r_[1:48, 0]]
    outline = np.stack([teeth * np.cos(angles), teeth * np.sin(angles)], axis=1)
    return [(outline, 0), (_ring(30, 0.5), 1), (_ring(30, 0.3), 2)]


def _bottle() -> list[Part]:
    body = np.array([[-0.45, -0.2], [-0.18, -0.5], [-0.18, -0.9], [0.18, -0.9], [0.18, -0.5], [0.45, -0.2]])
    body = np.concatenate([body, [[0.45, 1], [-0.45, 1]]])
    label = np.array([[-0.45, 0.1], [0.45, 0.1], [0.45, 0.65], [-0.45, 0.65]])
    cap = np.array([[-0.24, -1], [0.24, -1], [0.24, -0.82], [-0.24, -0.82]])
    return [(body, 0), (label, 1), (cap, 2)]


def _star() -> list[Part]:
    return [(_spikes(6, 0.5), 0), (_ring(24, 0.42), 1), (_ring(16, 0.18), 2)]


def _fish() -> list[Part]:
    body = _ring(30, 1.0) * [0.75, 0.45] - [0.15, 0]
    tail = np.array([[0.5, 0.0], [1.0, -0.5], [0.85, 0.0], [1.0, 0.5]])
    fin = np.array([[-0.2, -0.4], [0.2, -0.75], [0.3, -0.3]])
    return [(tail, 1), (fin, 1), (body, 0), (_ring(12, 0.09, x=-0.55, y=-0.1), 2)]


def _kite() -> list[Part]:
    top, right, bottom, left, middle = (0, -1), (0.65, -0.25), (0, 0.85), (-0.65, -0.25), (0, -0.25)
    sails = [(np.array([top, right, middle]), 0), (np.array([right, bottom, middle]), 1)]
    sails += [(np.array([bottom, left, middle]), 0), (np.array([left, top, middle]), 1)]
    bows = [
        (np.array([[-0.14, y - 0.06], [0.14, y + 0.06], [0.14, y - 0.06], [-0.14, y + 0.06]]), 2) for y in (0.95, 1.1)
    ]
    return [(_bar(np.pi / 2, 1.15, 0.02), 2), *sails, *bows]


def _bowl() -> list[Part]:
    angles = np.linspace(0, np.pi, 24)
    body = np.stack([0.95 * np.cos(angles), 0.85 * np.sin(angles) - 0.1], axis=1)
    stripe = np.stack([0.86 * np.cos(angles), 0.5 * np.sin(angles) - 0.02], axis=1)
    foot = np.array([[-0.35, 0.7], [0.35, 0.7], [0.42, 0.9], [-0.42, 0.9]])
    return [(foot, 2), (body, 0), (stripe, 1), (_ring(30, 1.0) * [0.95, 0.2] - [0, 0.1], 2)]


def _boat() -> list[Part]:
    hull = np.array([[-0.95, 0.4], [0.95, 0.4], [0.6, 0.9], [-0.65, 0.9]])
    return [
        (hull, 0),
        (np.array([[-0.04, -1], [0.04, -1], [0.04, 0.4], [-0.04, 0.4]]), 2),
        (np.array([[0.1, -0.9], [0.1, 0.3], [0.8, 0.3]]), 1),
        (np.array([[-0.1, -0.7], [-0.1, 0.3], [-0.65, 0.3]]), 1),
    ]


def _drum() -> list[Part]:
    shell = np.array([[-0.85, -0.35], [0.85, -0.35], [0.75, 0.75], [-0.75, 0.75]])
    bars = [
        (np.array([[x, -0.3], [x + 0.12, -0.3], [x + 0.25, 0.75], [x + 0.15, 0.75]]), 1) for x in (-0.7, -0.25, 0.2)
    ]
    return [(shell, 0), *bars, (_ring(30, 1.0) * [0.88, 0.28] - [0, 0.35], 2)]


SHAPES: dict[str, list[Part]] = {
    "wheel": _wheel(),
    "leaf": _leaf(),
    "gear": _gear(),
    "bottle": _bottle(),
    "star": _star(),
    "fish": _fish(),
    "kite": _kite(),
    "bowl": _bowl(),
    "boat": _boat(),
    "drum": _drum(),
}
