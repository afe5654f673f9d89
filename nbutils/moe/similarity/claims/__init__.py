"""The paper's claims about how different the experts are, and the rules that turn tables into verdicts.

Layers are the sample: intervals and p-values take them as independent, which layers trained together are not quite.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "layers": ["difference_finding", "falls_with_depth_finding", "last_layer_finding", "mean_finding"],
        "matched": ["matching_findings"],
        "notebook": ["expert_diversity"],
        "outputs": ["activation_finding", "output_findings", "weights_and_outputs_finding"],
        "regressions": ["router_findings"],
        "weights": ["weight_findings"],
    },
)
