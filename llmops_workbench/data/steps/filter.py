"""Keep the rows for which an expression is true."""

from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.data.sandbox import matching_rows


class FilterOptions(StepOptions):
    """Options of `filter`: `where` is an SQL expression over the columns (DuckDB's dialect)."""

    shorthand = "where"

    where: str


@step("filter", FilterOptions)
def filter_rows(state: State, options: FilterOptions) -> Change:
    """Keep the rows for which `where` is true."""
    return Change(state.table.take(matching_rows(state.table, options.where)))
