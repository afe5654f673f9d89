"""The cells of a new notebook, in the order of every notebook."""

from string import Template

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nbutils.suite.new.naming import Names

# Markdown cells begin with a line break here, code cells do not.
_CELLS = (
    """
# $title

What the paper claims, with a link to it. This notebook asks your data.

As it comes, it draws two groups of numbers that differ by `effect`. For your own data ...""",
    """observations: int = 200  # values in each group
effect: float = 1.0  # difference of the groups' means
seed: int = 0  # of the random numbers
output_dir: str = ""  # folder for findings, figures and tables; "" is results/$name""",
    """$imports

run = suite.start("$name", $module.$parameters, globals())""",
    """
## How do the groups differ?

What the figure below shows, and how it was measured.""",
    """values = $module.analysis.drawn_observations(observations, effect, seed)
means = $module.analysis.group_means(values)
figure = $module.figures.group_means(means)
run.show("group_means", figure, means, $module.captions.group_means(means))""",
    """
## Findings

When a claim holds: the rule that turns the numbers into a verdict.""",
    """run.finish($module.claims.findings(means))""",
    """
## What would change this

- **Limits.** What these numbers do not show.
- **Worth sweeping:** `effect`, `seed`.""",
)


def notebook(names: Names) -> NotebookNode:
    """Return the notebook, not executed yet."""
    module = names.package[-1]
    theme = names.package[:-1]
    if theme:
        imports = f"from nbutils import suite\nfrom nbutils.{'.'.join(theme)} import {module}"
    else:
        imports = f"from nbutils import {', '.join(sorted((module, 'suite')))}"
    given = {"name": names.name, "parameters": names.parameters, "module": module, "imports": imports}
    cells = []
    for number, text in enumerate(_CELLS):
        new_cell = new_markdown_cell if text.startswith("\n") else new_code_cell
        source = Template(text.removeprefix("\n")).substitute(given, title=names.title)
        cells.append(new_cell(source, id=str(number)))
    cells[1].metadata = {
        "nbmake": {"mock": {"output_dir": f"../build/nbmake/{names.name}"}},
        "tags": ["parameters"],
    }
    python = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": python})
