"""The paper's claims about calibrated rewards (arXiv 2409.17407), and the rules that turn tables into verdicts.

What was simulated says so in its first word. Claims without a paper's figure are this suite's own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bradley_terry": ["calibration_error_finding"],
        "accuracies": ["gain_finding", "harm_finding", "optimism_finding", "published_gain_finding"],
        "notebook": ["reward_calibration"],
        "orders": ["order_finding", "published_order_finding"],
        "simulations": ["association_finding", "recovery_finding"],
    },
)
