"""Keep some columns, in the order that is given."""

from llmops_workbench.data.columns import check_columns, keep_roles
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.tracking.tables import IDENTITY, SPLIT


class SelectOptions(StepOptions):
    """Options of `select`."""

    shorthand = "columns"

    columns: list[str]


@step("select", SelectOptions)
def select(state: State, options: SelectOptions) -> Change:
    """Keep these columns; the split of a row stays."""
    check_columns(state.table, options.columns)
    wanted = list(dict.fromkeys(options.columns))
    if SPLIT in state.table.column_names and SPLIT not in wanted:
        wanted.append(SPLIT)
    table = state.table.select([*wanted, *IDENTITY])
    return Change(table, roles=keep_roles(state.roles, wanted))
