import html
from dataclasses import replace

import pandas as pd
import pytest

from nbutils.video import facts, places_of, real_clip_facts, shot_cuts, timeline_rows
from nbutils.video.given import NO_CLIPS
from nbutils.video.model import ClipScorer, scorer_config
from tests.video.media.films import turn, write_film

LIMITS = {"threshold": 0.5, "min_length": 10.0, "max_length": 90.0, "per_minute": None}


def test_facts_of_the_film(given):
    told = facts(given.shown).set_index("what")["value"]

    assert told["video"] == "film.mp4"
    assert "picture-statistics" in told["visual"]
    assert told["annotated clips"] == str(len(given.shown.truth))


def test_facts_of_features_without_a_file(given):
    bare = replace(given.shown.features, text=None, captions=None, encoders={}, notes=("cut off",))
    shown = given.shown._replace(file=None, features=bare, truth=NO_CLIPS, annotated=False)
    told = facts(shown).set_index("what")["value"]

    assert told["file"] == "none, features only"
    assert told["text"] == told["captions"] == "none"
    assert told["visual"].endswith("encoder not known")
    assert told["annotated clips"] == "not annotated"
    assert told["note"] == "cut off"
    assert shot_cuts(shown).empty
    assert places_of(shown, shot_cuts(shown)).starts["on"].tolist() == ["video"]


def test_long_notes_are_shown_whole(given):
    note = "captions <film.srt> are not UTF-8 and " + "were read as Latin 1, " * 10 + "which may be wrong"
    shown = given.shown._replace(features=replace(given.shown.features, notes=(note,)))
    told = facts(shown)

    assert html.escape(note) in told._repr_html_()
    assert told._repr_html_() == facts(shown)._repr_html_()
    plain = repr(told)
    assert set(note.split()) <= set(plain.split())
    assert max(map(len, plain.splitlines())) < 120


@pytest.mark.parametrize(("clockwise", "size"), [(0, "80 x 48"), (1, "48 x 80"), (2, "80 x 48"), (3, "48 x 80")])
def test_pictures_have_the_size_that_players_show(given, tmp_path, clockwise, size):
    write_film(tmp_path / "film.mp4", range(0, 1000, 40))
    turn(tmp_path / "film.mp4", clockwise)

    told = facts(given.shown._replace(file=tmp_path / "film.mp4")).set_index("what")["value"]

    assert told["pictures"].startswith(f"{size}, ")


def test_cuts_are_found_where_highlights_begin(given, tables):
    starts = given.shown.truth["start"]
    nearest = starts.map(lambda start: (tables.cuts["time"] - start).abs().min())

    assert (nearest < 0.3).mean() >= 0.5


def test_the_real_clip_is_too_short_for_a_clip(given):
    told = real_clip_facts(given.scorer, **LIMITS | {"threshold": 0.001})

    assert len(told) == 6
    assert told.columns[0] == "video"
    assert set(told["video"]) == {"Big Buck Bunny (real)"}
    assert set(told["outcome"]) == {"shorter than 10 s"}


def test_the_real_clip_says_what_keeps_it_from_being_scored():
    told = real_clip_facts(ClipScorer(scorer_config("small")).eval(), **LIMITS)

    assert told["video"].tolist() == ["Big Buck Bunny (real)"]
    assert told["outcome"].tolist() == ["not scored: the scorer takes other features"]


def test_the_timeline_holds_every_kind_once(given, tables):
    kinds = tables.timeline["kind"].value_counts()

    assert kinds["score"] == given.shown.features.seconds
    assert kinds["clip"] == len(tables.chosen.clips)
    assert kinds["annotated"] == len(given.shown.truth)
    assert kinds["caption"] == len(given.shown.features.captions)
    assert kinds["cut"] == len(tables.cuts)
    assert not tables.timeline["label"].astype(str).str.startswith("score below").any()


def test_a_timeline_without_all_else_is_the_scores(given, tables):
    shown = given.shown._replace(
        features=replace(given.shown.features, text=None, captions=None), truth=NO_CLIPS, file=None
    )
    nothing = tables.chosen._replace(clips=tables.chosen.clips.head(0), rejected=tables.chosen.rejected.head(0))
    rows = timeline_rows(shown, tables.candidates, nothing, pd.DataFrame({"time": []}))

    assert set(rows["kind"]) == {"score"}
