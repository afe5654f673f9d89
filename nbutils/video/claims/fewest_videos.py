"""From how many videos on an interval is believed."""

# Of fewer videos a percentile interval covers too little.
FEWEST_VIDEOS = 12


def too_few(videos: int) -> str:
    """The reason against an interval of a few videos."""
    return f"{videos} video{'s are' if videos > 1 else ' is'} too few for an interval; {FEWEST_VIDEOS} are needed"
