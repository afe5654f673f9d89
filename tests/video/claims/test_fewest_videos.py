from nbutils.video.claims.fewest_videos import too_few


def test_few_videos_in_words():
    assert too_few(1) == "1 video is too few for an interval; 12 are needed"
    assert too_few(3).startswith("3 videos are")
