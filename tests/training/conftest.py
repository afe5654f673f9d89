import pytest

from nbutils.corpora.sources import DOMAINS, Document


@pytest.fixture
def small_domains(monkeypatch):
    """Two domains of thirty short documents each in place of the real ones."""

    def reader(domain, words):
        def read(keep):
            for i in range(30):
                if keep(name := f"{domain}/{i}"):
                    yield Document(domain, name, f"{words} {i} " * 40)

        return read

    for domain in list(DOMAINS):
        monkeypatch.delitem(DOMAINS, domain)
    for domain, words in {"first": "alpha beta gamma", "second": "one two three"}.items():
        monkeypatch.setitem(DOMAINS, domain, reader(domain, words))
    return {"first": 0.75, "second": 0.25}
