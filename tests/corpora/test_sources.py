from nbutils.corpora import sources
from nbutils.corpora.passages import is_held_out
from nbutils.corpora.sources import DOMAINS, _docstrings


def everything_of(domain, limit):
    kept = []

    def keep(name):
        wanted = is_held_out(name) and len(kept) < limit
        if wanted:
            kept.append(name)
        return wanted

    return list(DOMAINS[domain](keep))


def test_every_domain_has_text_of_its_kind():
    assert "Enter" in everything_of("plays", 1)[0].text
    assert any("import " in document.text for document in everything_of("code", 5))
    assert any("Parameters\n----------" in document.text for document in everything_of("docs", 40))
    assert any("permission" in document.text.lower() for document in everything_of("licences", 1000))
    assert any(" = " in document.text for document in everything_of("names", 1000))


def test_names_of_documents_are_unique_and_hold_no_machine_path():
    for domain, read in DOMAINS.items():
        if domain != "docs":  # parsing all of torch takes ten seconds
            names = [document.name for document in read(lambda name: True)]
            assert len(set(names)) == len(names) > 30
            assert all(name.startswith(f"{domain}/") for name in names)


def test_docstrings_are_found_where_compiled_functions_get_theirs():
    source = 'def f():\n    """Doc of f."""\n\nadd_newdoc("numpy", "abs", """\nDoc of abs.\n""")\nprint("a\\nb")\n'

    assert set(_docstrings(source)) == {"Doc of abs.", "Doc of f."}


def test_source_that_this_python_cannot_parse_has_no_docstrings():
    assert list(_docstrings("def f[[]: pass")) == []


def test_licences_are_those_of_the_named_distributions(monkeypatch):
    whole = {document.name for document in sources.read_licences(lambda name: True)}
    monkeypatch.setattr(sources, "DISTRIBUTIONS", "numpy no-such-distribution\ntqdm")

    named = {document.name for document in sources.read_licences(lambda name: True)}

    assert named
    assert named < whole
