"""Which layers to measure, from a notebook's `layers` parameter."""

from collections.abc import Sequence


def select_layers(layers: str, available: Sequence[int]) -> list[int]:
    """Decoder indices named in `layers`: "all", or numbers and ranges such as "0,4,8-11".

    Raises:
        ValueError: a number is not among `available`, or the text cannot be read.
    """
    if layers.strip() == "all":
        return list(available)
    chosen = set()
    for part in layers.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(f"layers {layers!r} cannot be read: write 'all' or numbers and ranges such as '0,4,8-11'.")
        chosen |= set(range(int(first), int(last or first) + 1))
    if missing := sorted(chosen - set(available)):
        raise ValueError(f"layer {missing[0]} is out of range: the MoE layers are {_ranges(available)}.")
    return sorted(chosen)


def _ranges(numbers: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
