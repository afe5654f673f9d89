"""The metrics for one window in plain Python, from their definitions."""


def tiou(clip, other):
    shared = max(0.0, min(clip[1], other[1]) - max(clip[0], other[0]))
    union = max(clip[1], other[1]) - min(clip[0], other[0]) if shared else 1.0
    return shared / union


def best_match_precision(clips, truth, threshold):
    if not clips:
        return 0.0
    return sum(any(tiou(clip, true) >= threshold for true in truth) for clip in clips) / len(clips)


def ranked(clips):
    return sorted(clips, key=lambda clip: (-clip[2], clip[0], clip[1]))


def matches(clips, truth, threshold):
    """A flag for each ranked clip."""
    left, flags = sorted(truth), []
    for clip in ranked(clips):
        candidates = [true for true in left if tiou(clip, true) >= threshold]
        flags.append(bool(candidates))
        if candidates:
            left.remove(max(candidates, key=lambda true: tiou(clip, true)))
    return flags


def average_precision(clips, truth, threshold):
    """Integral over recall of the largest precision at that or a higher recall."""
    flags = matches(clips, truth, threshold)
    points = [(sum(flags[:n]) / len(truth), sum(flags[:n]) / n) for n in range(1, len(flags) + 1)]
    total = 0.0
    for step in range(len(truth)):
        needed = (step + 1) / len(truth) - 1e-9
        total += max((precision for recall, precision in points if recall >= needed), default=0.0) / len(truth)
    return total


def recall(clips, truth, threshold, first=None):
    return sum(matches(clips, truth, threshold)[:first]) / len(truth)


def top_clip_reaches(clips, truth, threshold):
    return float(any(tiou(ranked(clips)[0], true) >= threshold for true in truth)) if clips else 0.0
