"""The notebooks as people use them: JupyterLab in a browser, a run of every cell, a slider that moves."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest

from nbutils.suite import project

TOKEN = "for-tests"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    # Every cell is in the page, whether it can be seen or not.
    "notebook-extension/tracker": {"windowingMode": "none"},
}
SMALL = {'"moe-upcycled"': '""', "= 20000": "= 500", "= 1000": "= 100"}
LONGEST_RUN_MS = 120_000

RUNS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].every(e => /\\[\\d+\\]/.test(e.textContent))"
IDLE = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
ERRORS = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], .jp-RenderedText[data-mime-type*='stderr']"
VISIBLE = "[...document.querySelectorAll('.jp-Notebook .jp-OutputArea img')].map(i => i.naturalWidth > 100)"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A folder with the index and a router_norms that takes seconds."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "notebooks").mkdir()
    for name in ("index", "router_norms"):
        shutil.copy(project.root() / "notebooks" / f"{name}.ipynb", folder / "notebooks")
    path = folder / "notebooks" / "router_norms.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for before, after in SMALL.items():
        assert before in notebook.cells[1].source
        notebook.cells[1].source = notebook.cells[1].source.replace(before, after)
    notebook.cells[1].source += f"\noutput_dir = {str(folder / 'results')!r}"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)
    return folder


@pytest.fixture(scope="module")
def lab(chromium, tree):
    """Address of a JupyterLab that `make lab` started on the folder."""
    pytest.importorskip("jupyterlab")
    for name, values in SETTINGS.items():
        file = tree / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = ("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={TOKEN}")
    folders = {
        "JUPYTERLAB_SETTINGS_DIR": str(tree / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tree / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(tree / "config"),
        "PYTHONPATH": str(project.root()),
    }
    with (tree / "jupyterlab.log").open("w") as log:
        server = subprocess.Popen(
            [*lab_command(), *here], cwd=tree, env={**os.environ, **folders}, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_it_answers(server, f"{address}/api?token={TOKEN}", tree / "jupyterlab.log")
            yield address
        finally:
            # It ends its kernels before itself.
            server.terminate()
            server.wait(30)


def lab_command():
    """What `make lab` runs, with the Python of this test."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    bin_folder = Path(sys.executable).parent
    recipe = ["make", "--no-print-directory", "-n", "-C", str(project.root()), f"BIN={bin_folder}", "lab"]
    return subprocess.run(recipe, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split()


def wait_until_it_answers(server, url, log):
    for _ in range(120):
        assert server.poll() is None, log.read_text()
        try:
            with urlopen(url):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start: {log.read_text()}")


def run_all(page):
    """Execute every cell of the notebook that is open and wait until the kernel is idle."""
    # The status bar knows when the kernel is connected; before, JupyterLab would ask for one.
    page.locator("#jp-main-statusbar", has_text="| Idle").wait_for(timeout=LONGEST_RUN_MS)
    page.click(".lm-MenuBar-item:has-text('Run')")
    page.click(".lm-Menu-item[data-command='runmenu:run-all']")
    page.wait_for_function(RUNS, timeout=LONGEST_RUN_MS)
    page.wait_for_function(IDLE, timeout=LONGEST_RUN_MS)


@pytest.mark.slow
def test_the_index_opens_first_and_leads_to_a_notebook(lab, page):
    page.goto(f"{lab}/?token={TOKEN}")
    link = page.locator(".jp-OutputArea a", has_text="router_norms").first
    link.wait_for(timeout=LONGEST_RUN_MS)
    assert "/lab/workspaces/nbutils/" in page.url
    assert page.locator(".jp-OutputArea td", has_text="Does the router pick the experts").count() >= 1

    link.click()

    page.locator(".lm-TabBar-tab.lm-mod-current", has_text="router_norms.ipynb").wait_for(timeout=LONGEST_RUN_MS)


@pytest.mark.slow
def test_a_notebook_runs_to_its_findings_and_a_figure_follows_its_slider(lab, page):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{lab}/lab/tree/router_norms.ipynb?token={TOKEN}&reset")
    run_all(page)

    assert page.locator(ERRORS).all_inner_texts() == []
    figures = page.evaluate(VISIBLE)
    assert len(figures) == 7
    assert all(figures)
    findings = page.locator("#T_findings tbody tr")
    assert findings.count() >= 6
    assert page.locator("#T_findings", has_text="holds").count() == 1

    slider, picture = page.locator(".jupyter-widgets [role=slider]"), page.locator(".jupyter-widgets img")
    assert slider.count() == picture.count() == 1
    first, described = picture.get_attribute("src"), picture.get_attribute("alt")
    assert "times chance" in described
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("first => document.querySelector('.jupyter-widgets img').src !== first", arg=first)
    assert picture.get_attribute("alt") != described
    assert page.locator(".jupyter-widgets .widget-readout").inner_text() == "3"
