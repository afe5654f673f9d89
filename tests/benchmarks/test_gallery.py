"""The gallery of the committed notebooks against nbconvert's pages of the same notebooks."""

import nbformat

from nbutils.suite import project
from nbutils.suite.gallery.discovery import Sources
from nbutils.suite.gallery.site import gallery


def converted(paths):
    """What `jupyter nbconvert --to html` makes of each notebook; its pages load scripts from elsewhere."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter()
    return [exporter.from_notebook_node(nbformat.read(path, as_version=4))[0] for path in paths]


def test_gallery_speed(benchmark, best_seconds):
    paths = list(project.notebooks().values())
    seconds = best_seconds(
        {"gallery": lambda: gallery(Sources(paths, []), False), "nbconvert": lambda: converted(paths)}, rounds=3
    )
    made = benchmark.pedantic(lambda: gallery(Sources(paths, []), False), rounds=1)

    assert len(made.notebooks) == len(paths)
    numbers = {
        "gallery, s (goal below 20)": seconds["gallery"],
        "nbconvert, s": seconds["nbconvert"],
        "nbconvert / gallery": seconds["nbconvert"] / seconds["gallery"],
    }
    benchmark.extra_info.update(numbers)
    print("", *(f"{name}: {value:.3f}" for name, value in numbers.items()), sep="\n")
