from nbutils.video import clip_players


def test_players_show_the_beginning_of_each_clip(given, tables):
    one = tables.chosen.clips.head(1)

    html = clip_players(given.shown, one.assign(end=one["start"] + 11.0))["text/html"]

    assert html.count("<video ") == 1
    assert "Simulation: clip 1" in html
    assert "its first 10 s" in html
    assert "its first" not in clip_players(given.shown, one.assign(end=one["start"] + 1.0))["text/html"]


def test_without_a_video_there_is_nothing_to_play(given, tables):
    displayed = clip_players(given.shown._replace(file=None), tables.chosen.clips)
    assert displayed == {
        "text/html": "<p>No player: there is no video file: set video to one.</p>",
        "text/plain": "No player: there is no video file: set video to one.",
    }


def test_a_clip_that_cannot_be_played_has_a_sentence_and_the_others_players(given, tables):
    clips = tables.chosen.clips.head(2).reset_index(drop=True)
    clips["end"] = clips["start"] + 1.0
    clips.loc[0, ["start", "end"]] = (9000.0, 9001.0)

    displayed = clip_players(given.shown, clips)

    assert displayed["text/html"].count("<video ") == 1
    assert "<p>No player of clip 1: no frame of" in displayed["text/html"]
    assert "No player of clip 1: no frame of" in displayed["text/plain"]
    alone = clip_players(given.shown, clips.head(1))
    assert "<video " not in alone["text/html"]
    assert alone["text/plain"].startswith("No player of clip 1")
