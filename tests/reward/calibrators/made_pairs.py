"""Scored pairs with a planted bias."""

import numpy as np


def planted(pairs, bias, generator, noise=0.0, better_is_longer=0.0):
    """Lengths [n, 2, 1], scores [n, 2] and true qualities [n, 2]; score = quality + bias(length) + noise."""
    quality = generator.normal(0, 0.7, (pairs, 2))
    lengths = np.round(np.exp(generator.normal(6, 0.8, (pairs, 2)) + better_is_longer * quality))
    scores = quality + bias(lengths) + noise * generator.normal(size=(pairs, 2))
    return lengths[..., None], scores, quality


def logarithmic(lengths):
    return 0.9 * np.log(lengths)


def saturating(lengths):
    return 2 * np.tanh(lengths / 500)


def linear(lengths):
    return 0.002 * lengths
