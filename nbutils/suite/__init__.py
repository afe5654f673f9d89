"""What every notebook shares: parameters, the run, findings, the figure style and the headless runner.

Everything is imported on first use, so that `import nbutils.suite` costs next to nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["figures", "index"],
    submod_attrs={
        "errors": ["OutputError", "ParameterError", "UsageError"],
        "findings": ["read_findings"],
        "interactive": ["explore"],
        "run": ["Run", "start"],
    },
)
