"""Say what the columns are for."""

from pydantic import model_validator

from llmops_workbench.data.columns import shown_columns
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.tracking.roles import check_roles


class RolesOptions(StepOptions):
    """Options of `roles`: each role to its column."""

    roles: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _roles_are_the_options(cls, value: object) -> object:
        return {"roles": value}


@step("roles", RolesOptions)
def roles(state: State, options: RolesOptions) -> Change:
    """Give columns their roles; the ones that were known or guessed before are forgotten."""
    return Change(state.table, roles=check_roles(options.roles, shown_columns(state.table)))
