"""Which layers to measure, from a notebook's `layers` parameter."""

from collections.abc import Sequence


def check_layers(layers: str) -> str:
    """`layers` itself; raises ValueError when it cannot be read."""
    _ends(layers)
    return layers


def select_layers(layers: str, available: Sequence[int]) -> list[int]:
    """Decoder indices named in `layers`: "all", or numbers and ranges such as "0,4,8-11".

    Raises:
        ValueError: an end of a range is not among `available`, or the text cannot be read.
    """
    ends = _ends(layers) or [(available[0], available[-1])]
    for end in (end for pair in ends for end in pair):
        if end not in available:
            raise ValueError(f"layer {end} is out of range: the MoE layers are {_ranges(available)}.")
    return [layer for layer in available if any(first <= layer <= last for first, last in ends)]


def _ends(layers: str) -> list[tuple[int, int]]:
    """First and last of each range; none for "all"."""
    if layers.strip() == "all":
        return []
    ends = []
    for part in layers.split(","):
        first, dash, last = (text.strip() for text in part.partition("-"))
        if not first.isdecimal() or (dash and not last.isdecimal()) or int(last or first) < int(first):
            raise ValueError(f"layers {layers!r} cannot be read: write 'all' or numbers and ranges such as '0,4,8-11'.")
        ends.append((int(first), int(last or first)))
    return ends


def _ranges(numbers: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
