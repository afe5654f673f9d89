"""All files of a gallery."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from nbutils.suite import project
from nbutils.suite.findings import VERDICT_SYMBOLS
from nbutils.suite.gallery import discovery
from nbutils.suite.gallery.discovery import Sources
from nbutils.suite.gallery.notebook_page import Page, notebook_page
from nbutils.suite.gallery.prose import Site
from nbutils.suite.gallery.reading import Notebook, read, stop
from nbutils.suite.gallery.sweep_page import Sweep, sweep_page

FRONT_PAGE = "index.html"
STYLE = "style.css"


@dataclass(frozen=True)
class Gallery:
    """A gallery before it is written."""

    notebooks: list[Page]
    sweeps: list[Sweep]
    files: dict[str, bytes]
    """Name -> content."""


def gallery(sources: Sources, allow_scripts: bool) -> Gallery:
    """Make a gallery; the same sources give the same bytes.

    Args:
        sources: its notebooks and sweeps.
        allow_scripts: whether HTML, SVG and JavaScript outputs of notebooks stay as they are. Otherwise nothing of a
            notebook runs.
    """
    addresses = iter(_addresses([*(path.stem for path in sources.notebooks), *(path.name for path in sources.sweeps)]))
    addresses_of_notebooks = {path: next(addresses) for path in sources.notebooks}
    pages = {project.INDEX: FRONT_PAGE} | {
        path.stem: address for path, address in reversed(addresses_of_notebooks.items())
    }
    site = Site(pages, allow_scripts)
    notebooks = [_page(path, address, site) for path, address in addresses_of_notebooks.items()]
    sweeps = [sweep_page(folder, next(addresses), site) for folder in sources.sweeps]

    templates = _templates(allow_scripts)
    html = {FRONT_PAGE: templates.get_template(FRONT_PAGE).render(notebooks=notebooks, sweeps=sweeps)}
    html |= {page.address: templates.get_template("notebook.html").render(page=page) for page in notebooks}
    html |= {sweep.address: templates.get_template("sweep.html").render(sweep=sweep) for sweep in sweeps}
    style = files(__package__).joinpath("templates", STYLE).read_bytes()
    pages_and_style = {name: text.encode(errors="replace") for name, text in html.items()} | {STYLE: style}
    return Gallery(notebooks, sweeps, pages_and_style | site.files)


def _page(path: Path, address: str, site: Site) -> Page:
    failed = discovery.failed_rerun(path)
    why = (stop(read(failed).cells) or "ended without findings") if failed else None
    try:
        return notebook_page(read(path), path.stem, address, why, site)
    except Exception as error:  # a notebook can be broken in any way, and must not cost the others their pages
        broken = Notebook(path, [], "", [], {}, f"cannot be shown ({type(error).__name__})")
        return notebook_page(broken, path.stem, address, why, site)


def _addresses(names: Iterable[str]) -> list[str]:
    """Return a file name for each page: readable, safe in a URL, and different in any letter case."""
    taken = {FRONT_PAGE}
    addresses = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "notebook"
        number = 1
        while (address := f"{plain}{f'-{number}' if number > 1 else ''}.html").lower() in taken:
            number += 1
        taken.add(address.lower())
        addresses.append(address)
    return addresses


def _templates(allow_scripts: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"allow_scripts": allow_scripts, "symbols": VERDICT_SYMBOLS}
    return environment
