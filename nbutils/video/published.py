"""Figures of the annotations and anchors of Repurpose-10K, computed from its released test and validation files."""

# Clips of test.json and val.json: lengths and gaps in s over clips; coverage and clips a minute are means over windows
# (of all windows taken together they are lower: .345 and .52 in val.json).
MEAN_LENGTH = 39.4
MEDIAN_LENGTH = 36.0
MEDIAN_GAP = 36.7
COVERAGE = 0.386
CLIPS_PER_MINUTE = 0.60
SHARED_VIDEOS = 63

# On test.json over tIoU .5 to .9, %: what the released code calls AP, matched AP, and AR.
ANCHORS = {
    "random 36 s": (8.7, 2.7, 4.6),
    "tiling 36 s": (9.6, 9.7, 25.4),
    "oracle repeating one clip": (99.2, 14.8, 14.8),
    "capped oracle": (99.2, 61.7, 61.7),
}
REPEATED_ORACLE = ANCHORS["oracle repeating one clip"][0]
CAPPED_RECALL = ANCHORS["capped oracle"][2]
