"""Leave some columns out."""

from pydantic import field_validator

from llmops_workbench.core.errors import UsageError
from llmops_workbench.data.columns import check_columns, keep_roles, shown_columns
from llmops_workbench.data.recipes import Change, State, StepOptions, step


class DropOptions(StepOptions):
    """Options of `drop`."""

    shorthand = "columns"

    columns: list[str]

    @field_validator("columns", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


@step("drop", DropOptions)
def drop(state: State, options: DropOptions) -> Change:
    """Leave these columns out; at least one must stay."""
    check_columns(state.table, options.columns)
    table = state.table.drop_columns(list(dict.fromkeys(options.columns)))
    if not shown_columns(table):
        msg = "no column would be left"
        raise UsageError(msg)
    return Change(table, roles=keep_roles(state.roles, table.column_names))
