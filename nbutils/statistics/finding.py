"""One finding with every key, its numbers as Python's own."""

import math

KEYS = ("unit", "paper", "measured", "interval", "null", "n")


def record(**told: object) -> dict[str, object]:
    """The finding; a number that is missing or not finite becomes None, and so does an interval with such an end."""
    finding = dict.fromkeys(KEYS) | told
    for key in ("measured", "null"):
        finding[key] = _number(finding[key])
    if finding["interval"] is not None:
        ends = tuple(map(_number, finding["interval"]))
        finding["interval"] = None if None in ends else ends
    if finding["n"] is not None:
        finding["n"] = int(finding["n"])
    return finding


def _number(value: object) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
