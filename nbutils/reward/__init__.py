"""How much of a reward is length, and what is left without it? (Huang et al., arXiv 2409.17407)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["calibrators", "captions", "claims", "figures", "io", "scoring"],
    submod_attrs={
        "accuracy": ["best_of_accuracy"],
        "associations": ["gains_by_association"],
        "before_after": ["accuracy_before_and_after", "curves_before_and_after"],
        "characteristics": ["characteristics_of", "with_characteristics"],
        "cross_fitting": ["calibrated_pairs", "cross_fitted_margins"],
        "embedded": ["embedded_pairs"],
        "errors": ["RewardDataError"],
        "gains": ["score_gains"],
        "generator_order": ["rank_generators"],
        "joint_removal": ["removal_curves"],
        "length_controlled": ["length_controlled_win_rates"],
        "measure": [
            "before_and_lwr",
            "data_name",
            "data_overview",
            "data_sets",
            "given_responses",
            "margins_by_data",
            "section_gains_by_data",
            "settings_by_data",
            "warnings_by_data",
        ],
        "methods": ["pair_methods", "ranking_methods"],
        "overall_gains": ["gains_and_means", "optimism"],
        "parameters": ["RewardCalibration", "names_in"],
        "planted": ["planted_curves", "recovered_bias"],
        "probabilities": ["probability_scores", "reliability", "temperatures"],
        "ranking": ["correlations", "win_rates"],
        "sections": ["section_scores"],
        "settings": ["gains_by_setting"],
        "simulated": ["simulated_models", "simulated_pairs", "simulated_responses"],
    },
)
