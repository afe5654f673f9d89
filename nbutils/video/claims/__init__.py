"""Claims about clip scoring on Repurpose-10K, and the rules that turn tables into verdicts.

What was measured on the generated films says so in its first word. Claims without a paper's figure are this suite's
own; the paper's table of results was not at hand, so that none of it is quoted.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "annotated": ["geometry_finding", "leak_finding"],
        "gains": ["fusion_finding", "modality_finding", "rival_finding", "training_finding"],
        "notebook": ["clip_scoring"],
        "released": ["cap_finding", "repetition_finding"],
        "trust": ["calibration_finding", "snapping_finding"],
    },
)
