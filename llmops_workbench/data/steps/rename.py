"""Give columns other names."""

from pydantic import model_validator

from llmops_workbench.core.errors import UsageError
from llmops_workbench.data.columns import check_columns
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.tracking.tables import IDENTITY, SPLIT


class RenameOptions(StepOptions):
    """Options of `rename`: the old name of each column to its new one."""

    names: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _names_are_the_options(cls, value: object) -> object:
        return {"names": value}


@step("rename", RenameOptions)
def rename(state: State, options: RenameOptions) -> Change:
    """Give columns other names; roles follow."""
    check_columns(state.table, options.names)
    new = [options.names.get(name, name) for name in state.table.column_names]
    for name in options.names.values():
        if new.count(name) > 1 or name in (*IDENTITY, SPLIT) or not name:
            msg = f"the name '{name}' is taken or cannot be a column's: choose another"
            raise UsageError(msg)
    roles = {role: options.names.get(column, column) for role, column in state.roles.items()}
    return Change(state.table.rename_columns(new), roles=roles)
