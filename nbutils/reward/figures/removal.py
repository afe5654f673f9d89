"""Two characteristics removed jointly or one after another."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.reward.figures.look import characteristic_axis
from nbutils.suite import figures as style

LINES = ("-", "--", "-.")


def removed_biases(table: pd.DataFrame) -> Figure:
    """The bias that each way of removal takes, beside what was planted: one panel a characteristic.

    Args:
        table: of `removal_curves`.
    """
    groups = list(table.groupby("characteristic", sort=False))
    figure, axes = style.small_multiples(len(groups), columns=2, panel_size=(4.8, 3.6), share_x=False, share_y=False)
    for panel, (characteristic, rows) in zip(axes, groups, strict=True):
        for (removal, part), line, colour in zip(
            rows.groupby("removal", sort=False), LINES, style.COLOURS, strict=False
        ):
            panel.plot(part["value"], part["bias"], line, color=colour, label=f"removed {removal}")
        panel.plot(part["value"], part["planted"], color=style.COLOURS[6], linewidth=3, alpha=0.35, label="planted")
        characteristic_axis(panel, characteristic, part["value"])
    axes[0].set_ylabel("bias (score)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle("Simulation: length and lists go together; what is taken away as the bias of each")
    return figure
