import pandas as pd

from nbutils.video.export import write_csv


def test_clips_are_read_back(tmp_path, clips_at):
    clips = clips_at((1 / 3, 40.123456789), (50, 60), video_id='a "film", é').assign(rank=[2, 1])
    write_csv(clips, tmp_path / "clips.csv")
    read = pd.read_csv(tmp_path / "clips.csv")
    pd.testing.assert_frame_equal(read.drop(columns="number"), clips)
    assert read["number"].tolist() == [2, 1]
