"""Add columns that follow from others, as a label from a number."""

from typing import Any

from pydantic import Field, model_validator

from llmops_workbench.core.errors import UsageError
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.data.sandbox import computed
from llmops_workbench.tracking.tables import column as build_column


class DeriveOptions(StepOptions):
    """Options of `derive`: each key is a new column, its value an SQL expression over the others.

    Attributes:
        columns: New column to expression, in DuckDB's dialect.
    """

    columns: dict[str, str] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _keys_are_columns(cls, value: Any) -> Any:
        if isinstance(value, dict) and set(value) != {"columns"}:
            return {"columns": value}
        return value


@step("derive", DeriveOptions)
def derive(state: State, options: DeriveOptions) -> Change:
    """Add columns; the rows stay what they are, and so do their ids."""
    table = state.table
    for name, expression in options.columns.items():
        if name in table.column_names:
            msg = f"there is a column '{name}' already: rename it, or derive another name"
            raise UsageError(msg)
        values = computed(table, expression)
        place = table.num_columns - 2 if table.column_names[-2:] == ["__row__", "__id__"] else None
        made = build_column(values.to_pylist())
        table = (
            table.append_column(name, made)
            if place is None
            else table.add_column(place, name, made)
        )
    return Change(table, table.num_rows)
