import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.corpora import passages
from nbutils.corpora.sources import DOMAINS, Document


def fake_domain(monkeypatch, documents):
    monkeypatch.setitem(
        DOMAINS, "plays", lambda keep: (Document("plays", name, text) for name, text in documents if keep(name))
    )


@given(st.text(alphabet="ab \n", max_size=300), st.integers(1, 50))
def test_passages_put_together_are_the_document(text, characters):
    document = Document("plays", "x", text)

    parts = [passage.text for passage in passages.cut(document, characters)]

    assert text.startswith("".join(parts))
    assert not text[len("".join(parts)) :].strip()
    assert all(characters <= len(part) < 3 * characters for part in parts[:-1])


def test_a_tenth_of_the_names_is_held_out():
    share = sum(passages.is_held_out(f"name {i}") for i in range(10_000)) / 10_000

    assert 0.09 < share < 0.11


def test_training_text_leaves_out_what_stands_in_held_out_text(monkeypatch):
    shared = "This clause stands in every licence of the family and would be measured after it was learned. " * 2
    held_out = next(name for name in map(str, range(99)) if passages.is_held_out(name))
    training = next(name for name in map(str, range(99)) if not passages.is_held_out(name))
    fake_domain(
        monkeypatch, [(held_out, f"{shared}\n\nmine"), (training, f"{shared.upper()}\n\n{shared}\n\nalso mine")]
    )

    [document] = passages.documents("plays", "training")

    assert document.name == training
    assert document.text == f"{shared.upper()}\n\nalso mine"
    assert [d.text for d in passages.documents("plays", "held-out")] == [f"{shared}\n\nmine"]


def test_corpus_mixes_documents_in_an_order_that_does_not_change():
    first, second = passages.corpus("plays"), passages.corpus("plays")

    assert first == second
    assert len({passage.document for passage in first[:20]}) > 1


def test_unknown_domain_names_the_known_ones():
    with pytest.raises(ValueError, match="domain 'poems' is unknown: choose from plays, code"):
        passages.corpus("poems")
