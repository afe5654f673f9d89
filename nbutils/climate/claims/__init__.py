"""The paper's claims about daily emissions (arXiv 2407.20057), and the rules that turn tables into verdicts.

A simulated country says so in its name. Claims without a paper's figure are this suite's own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "extreme_days": ["extreme_finding"],
        "notebook": ["co2_thresholds"],
        "prediction": ["back_cast_finding", "boosting_finding", "leak_finding"],
        "simulations": ["existence_finding", "recovery_finding"],
        "turns": ["breakpoint_finding", "difference_finding", "minimum_finding", "published_turn_finding"],
        "variation": ["range_finding"],
    },
)
