"""Compare two dataset versions row by row."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef
from llmops_workbench.core.results import Result

if TYPE_CHECKING:
    import pyarrow as pa


class ChangedRow(BaseModel):
    """A row that is in both versions with other values.

    Attributes:
        key: What it is known by.
        before: Its values of the columns that differ, in the first version.
        after: The same in the second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")

    key: str
    before: dict[str, Any]
    after: dict[str, Any]


class DiffReport(Result):
    """How a dataset version differs from another.

    Attributes:
        before: The first version.
        after: The second version.
        by: What a row is known by: "row" (its number in the source that both came from), "id",
            "content" (of versions that share no row), or a column.
        rows_before: Rows of the first.
        rows_after: Rows of the second.
        added: Rows that are only in the second.
        removed: Rows that are only in the first.
        changed: Rows that are in both with other values.
        equal: Rows that are in both as they were.
        columns_added: Columns that are only in the second.
        columns_removed: Columns that are only in the first.
        columns_retyped: Columns of another type, with both types.
        changed_by_column: In how many changed rows each column differs.
        changed_rows: The first changed rows.
        added_rows: The first added rows.
        removed_rows: The first removed rows.
    """

    before: str
    after: str
    by: str
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    equal: int
    columns_added: list[str] = []
    columns_removed: list[str] = []
    columns_retyped: dict[str, list[str]] = {}
    changed_by_column: dict[str, int] = {}
    changed_rows: list[ChangedRow] = []
    added_rows: list[dict[str, Any]] = []
    removed_rows: list[dict[str, Any]] = []

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give the counts as one row a kind of difference."""
        kinds = ("added", "removed", "changed", "equal")
        return [{"difference": kind, "rows": getattr(self, kind)} for kind in kinds]

    def headline(self) -> dict[str, float]:
        """Give the counts that a list of runs shows."""
        return {"added": self.added, "removed": self.removed, "changed": self.changed}

    def html_body(self) -> str:
        """Give the counts with bars, and the first changed rows word by word."""
        from llmops_workbench.data.diff_page import diff_html

        return diff_html(self)


@operation(stage="data", runs="inline")
def diff(
    before: DatasetRef,
    after: DatasetRef,
    *,
    key: ColumnName | None = None,
    show: Annotated[int, Field(ge=0, le=1000)] = 20,
) -> DiffReport:
    """Say which rows of a dataset were added, removed and changed.

    Rows of one origin are known by where they come from. Rows of two origins have nothing in
    common but what they say: they are compared as a whole, or by a column that you name.

    Args:
        before: The first version.
        after: The second version.
        key: A column whose value tells rows apart, such as an id of your own.
        show: How many rows of each kind are in the report.

    Raises:
        NotFoundError: A version does not exist; says the nearest.
        UsageError: The key is not a column of both, or its values repeat.

    Example:
        llmops diff reviews@1 reviews@2
    """
    from llmops_workbench.data.row_changes import compare
    from llmops_workbench.tracking import datasets

    old, new = datasets.load(before), datasets.load(after)
    if key is not None:
        _check_key(old, key, str(before))
        _check_key(new, key, str(after))
    related = _origin(str(before)) == _origin(str(after))
    found = compare(old, new, key, show, related=related)
    types = [{field.name: str(field.type) for field in table.schema} for table in (old, new)]
    shared = [name for name in types[0] if name in types[1]]
    return DiffReport(
        before=str(before),
        after=str(after),
        rows_before=old.num_rows,
        rows_after=new.num_rows,
        columns_added=[name for name in types[1] if name not in types[0]],
        columns_removed=[name for name in types[0] if name not in types[1]],
        columns_retyped={
            name: [types[0][name], types[1][name]]
            for name in shared
            if types[0][name] != types[1][name]
        },
        **found,
    )


def _origin(ref: str) -> str:
    """The first source of a version: the start of the chain of first parents."""
    from llmops_workbench.tracking import datasets

    version = datasets.find(ref)
    while version.parents and version.parents[0].startswith("dataset:"):
        version = datasets.find(version.parents[0])
    return version.hash


def _check_key(table: "pa.Table", key: str, name: str) -> None:
    import pyarrow.compute as pc

    from llmops_workbench.data.columns import shown_columns

    known = shown_columns(table)
    if key not in known:
        raise UsageError(f"{name} has no column '{key}'; {did_you_mean(key, known)}")
    values = table.column(key)
    if values.null_count or pc.count_distinct(values).as_py() < len(values):
        raise UsageError(
            f"the values of '{key}' in {name} repeat or are missing: name a column that tells "
            "rows apart, or leave 'key' out"
        )
