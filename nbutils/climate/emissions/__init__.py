"""Daily emissions from monthly totals, their variation and extremes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "back_cast": ["back_cast_days"],
        "daily_ratio": ["daily_ratios", "even_days", "features", "gradient_boosting", "regressors", "weekday_means"],
        "extremes": ["extreme_trends", "extremes_by_year"],
        "hinge_regression": ["HingeRegression"],
        "known_days": ["back_cast_skill"],
        "skill": ["skill_by_year", "skill_gain", "skill_over_years"],
        "temperature_percentiles": ["calendar_day_thresholds", "whole_year_thresholds"],
        "variation": ["calendar_table", "daily_range"],
    },
)
