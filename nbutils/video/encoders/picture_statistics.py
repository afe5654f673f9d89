"""What a picture is like, in 128 numbers that need no trained model."""

import numpy as np

_GRID = 4
_EDGE_GRID = 2
_ORIENTATIONS = 8
_HUES = 12
_LEVELS = 16


class PictureStatistics:
    """Layout of colours and contrast, edges, hues, and the change from the picture one second before.

    Columns, all of them between 0 and 1 but for rounding:

    | columns | what |
    |---|---|
    | 0-47 | mean luma, blue and red difference in 4 x 4 cells, row by row (BT.601, as JPEG: .5 is no colour) |
    | 48-63 | standard deviation of luma in 4 x 4 cells |
    | 64-95 | strength of edges in 2 x 2 cells by orientation, 8 bins over half a turn from vertical edges |
    | 96-107 | share of hues, 12 bins from red, each pixel counted by its saturation |
    | 108-123 | mean change of luma from the second before in 4 x 4 cells |
    | 124 | standard deviation of luma |
    | 125 | mean saturation, as the difference of the largest and the smallest of red, green and blue |
    | 126 | sharpness: mean size of the Laplacian of luma |
    | 127 | change of the histogram of luma from the second before: half the sum of differences over 16 bins |
    """

    name = "picture-statistics 1"
    width = 128
    before = 1
    after = 0
    shorter_side = 72

    def encode(self, windows: np.ndarray) -> np.ndarray:
        """Rows float32 [n, 128] of pictures and those a second before, uint8 [n, 2, height, width, 3]."""
        pictures = windows.astype(np.float32) / 255
        luma = pictures @ np.array([0.299, 0.587, 0.114], np.float32)
        return np.stack([_row(*item) for item in zip(pictures[:, 1], luma[:, 1], luma[:, 0], strict=True)])


def _row(picture: np.ndarray, luma: np.ndarray, luma_before: np.ndarray) -> np.ndarray:
    blue = (picture[..., 2] - luma) / 1.772 + 0.5
    red = (picture[..., 0] - luma) / 1.402 + 0.5
    means = _cell_means(luma, _GRID)
    saturation = picture.max(axis=-1) - picture.min(axis=-1)
    spread = np.sqrt(np.maximum(_cell_means(luma**2, _GRID) - means**2, 0))
    histogram, histogram_before = _histogram(luma), _histogram(luma_before)
    parts = [
        means,
        _cell_means(blue, _GRID),
        _cell_means(red, _GRID),
        spread,
        *_edges(luma),
        _hues(picture, saturation),
        _cell_means(np.abs(luma - luma_before), _GRID),
        [luma.std(), saturation.mean(), _sharpness(luma), np.abs(histogram - histogram_before).sum() / 2],
    ]
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)


def _cell_means(image: np.ndarray, cells: int) -> np.ndarray:
    """Means of [height, width] in cells x cells parts that differ by at most one pixel a side."""
    edges = [np.arange(cells) * size // cells for size in image.shape]
    counts = [np.diff([*edge, size]) for edge, size in zip(edges, image.shape, strict=True)]
    sums = np.add.reduceat(np.add.reduceat(image, edges[0], axis=0), edges[1], axis=1)
    return sums / np.outer(*counts)


def _edges(luma: np.ndarray) -> list[np.ndarray]:
    """Mean strength of the gradient by orientation, each [2, 2]."""
    down, right = np.gradient(luma)
    bins = np.floor(np.arctan2(down, right) / np.pi * _ORIENTATIONS).astype(int) % _ORIENTATIONS
    strength = np.hypot(down, right)
    return [_cell_means(np.where(bins == number, strength, 0), _EDGE_GRID) for number in range(_ORIENTATIONS)]


def _hues(picture: np.ndarray, saturation: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(picture, -1, 0)
    angle = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)
    bins = np.floor(angle / (2 * np.pi) * _HUES).astype(int) % _HUES
    return np.bincount(bins.ravel(), saturation.ravel(), minlength=_HUES) / saturation.size


def _sharpness(luma: np.ndarray) -> float:
    inner = luma[1:-1, 1:-1]
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float(np.abs(inner - around / 4).mean())


def _histogram(luma: np.ndarray) -> np.ndarray:
    levels = np.minimum((luma * _LEVELS).astype(int), _LEVELS - 1)
    return np.bincount(levels.ravel(), minlength=_LEVELS) / luma.size
