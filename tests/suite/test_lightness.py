import subprocess
import sys

import pytest

HEAVY = {"pandas", "torch", "matplotlib", "papermill", "numpy", "pydantic", "IPython", "transformers"}


@pytest.mark.parametrize("module", ["nbutils", "nbutils.suite"])
def test_import_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert module in loaded
    assert not HEAVY & set(loaded)


def test_figures_need_nothing_else_of_the_suite():
    code = "import sys, nbutils.suite.figures; print(*[m for m in sys.modules if m.startswith('nbutils')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["nbutils", "nbutils.suite", "nbutils.suite.figures"]


def test_a_wrong_parameter_is_found_before_matplotlib_is_imported(tmp_path):
    code = f"""
import sys, pydantic
from nbutils import suite
class P(pydantic.BaseModel):
    seed: int
    output_dir: str
try:
    suite.start("x", P, {{"seed": "zero", "output_dir": {str(tmp_path)!r}}})
except suite.ParameterError:
    print("matplotlib" in sys.modules, "pandas" in sys.modules)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["False", "False"]
