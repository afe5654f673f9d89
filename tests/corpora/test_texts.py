import datasets
import huggingface_hub
import pytest

from nbutils.corpora import TextError, read


def texts(name):
    return [passage.text for passages in read(name).values() for passage in passages]


def test_own_file_and_folder_are_read(tmp_path):
    (tmp_path / "a.txt").write_text("Grüße.\n\nMore.")
    (tmp_path / "b.md").write_text("Second file.")
    (tmp_path / "c.bin").write_bytes(b"\xff\xfe")

    assert texts(str(tmp_path / "a.txt")) == ["Grüße.\n\nMore."]
    assert texts(str(tmp_path)) == ["Grüße.\n\nMore.", "Second file."]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "text is empty: name a domain"),
        (" , ", "text is empty"),
        ("missing.txt", "text 'missing.txt' is not there: check the path"),
        ("/nowhere/at/all", "is not there: check the path"),
        ("a:b:c:d", "write a data set as name:configuration:split"),
    ],
)
def test_text_that_is_not_there(name, message):
    with pytest.raises(TextError, match=message):
        read(name)


def test_file_that_is_not_utf8_names_the_byte(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")

    with pytest.raises(TextError, match=r"is not UTF-8 \(byte 3\)"):
        texts(str(tmp_path / "latin.txt"))


def test_folder_without_text(tmp_path):
    with pytest.raises(TextError, match="has no text file"):
        texts(str(tmp_path))


@pytest.fixture
def hub(monkeypatch):
    """A data set of the hub, without the hub."""
    rows = datasets.Dataset.from_dict({"id": [1, 2, 3], "text": ["one", " ", "three"]})
    monkeypatch.setattr(huggingface_hub, "dataset_info", lambda name: None)
    monkeypatch.setattr(datasets, "get_dataset_split_names", lambda name, configuration: ["train", "test"])
    monkeypatch.setattr(datasets, "load_dataset", lambda *args, **kwargs: rows)


@pytest.mark.usefixtures("hub")
def test_data_set_rows_are_passages_and_blank_rows_are_not():
    assert texts("somebody/something:config:train") == ["one", "three"]


@pytest.mark.usefixtures("hub")
def test_data_set_without_that_split():
    with pytest.raises(TextError, match="has no split 'dev': choose from train, test"):
        read("somebody/something:config:dev")


def test_data_set_without_text(hub, monkeypatch):
    monkeypatch.setattr(datasets, "load_dataset", lambda *args, **kwargs: datasets.Dataset.from_dict({"id": [1]}))

    with pytest.raises(TextError, match="has no text column: its columns are id"):
        read("somebody/something")


def test_name_that_is_nothing_at_all(monkeypatch):
    def unreachable(name):
        raise OSError("no route")

    monkeypatch.setattr(huggingface_hub, "dataset_info", unreachable)

    with pytest.raises(TextError, match=r"'shakespeer' is no domain .* no data set that can be read \(no route\)"):
        read("shakespeer")
