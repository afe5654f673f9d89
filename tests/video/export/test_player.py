from base64 import b64decode
from html.parser import HTMLParser

import pytest

from nbutils.video.errors import VideoError
from nbutils.video.export import player


class Page(HTMLParser):
    """Tags with their attributes, those that were opened and not closed, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += [data.strip()] if data.strip() else []


def test_each_film_stands_under_its_title():
    page = Page(player([("clip 1: 0:10 - 0:40", b"first"), ("clip 2", b"second")]))
    videos = [attributes for tag, attributes in page.tags if tag == "video"]
    assert [b64decode(video["src"].removeprefix("data:video/mp4;base64,")) for video in videos] == [b"first", b"second"]
    assert all("controls" in video and video["preload"] in ("none", "metadata") for video in videos)
    assert page.text == ["clip 1: 0:10 - 0:40", "clip 2"]
    assert page.open == []


def test_titles_are_text_and_never_tags():
    title = """</figcaption><script>alert("1")</script>' onplay='alert(1)" onplay="alert(1)"""
    page = Page(player([(title, b"film")]))
    assert {tag for tag, _ in page.tags} == {"div", "figure", "video", "figcaption"}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.text == [title]


def test_no_colour_is_set():
    assert "color" not in player([("clip", b"film")])


def test_nothing_to_play_is_said():
    with pytest.raises(VideoError, match="no clip to play"):
        player([])
