"""What a sweep leaves beside its runs: the tables and the figures."""

from collections.abc import Mapping

import matplotlib
import pandas as pd

from nbutils.suite import figures as style
from nbutils.suite.sweep.figures import figures_by_parameter
from nbutils.suite.sweep.plan import Plan
from nbutils.suite.sweep.records import Record
from nbutils.suite.sweep.tables import findings_table, parameter_columns, runs_table


def write_results(plan: Plan, records: Mapping[str, Record]) -> pd.DataFrame:
    """Write `findings` and `runs` as Parquet and CSV, and each figure as PNG and SVG, to the sweep's folder.

    Returns:
        The findings table.

    Raises:
        OutputError: the folder cannot be written.
    """
    findings = findings_table(plan.runs, records)
    for name, table in {"findings": findings, "runs": runs_table(plan.runs, records)}.items():
        plan.folder.write(f"{name}.parquet", table.to_parquet(index=False))
        plan.folder.write(f"{name}.csv", table.to_csv(index=False).encode())
    with matplotlib.rc_context(style.STYLE):
        figures = figures_by_parameter(findings, parameter_columns(plan.runs))
        files = {
            f"{name}.{kind}": content
            for name, figure in figures.items()
            for kind, content in style.rendered(figure).items()
        }
    for name, content in files.items():
        plan.folder.write(f"figures/{name}", content)
    for stale in set(plan.folder.names("figures")) - files.keys():
        plan.folder.remove(f"figures/{stale}")
    return findings
