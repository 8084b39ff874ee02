"""Divide the rows into splits by their ids, so that the same row falls on the same side again."""

from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from llmops_workbench.core.errors import DataError, UsageError
from llmops_workbench.data.columns import check_columns
from llmops_workbench.data.grouping import groups_of_near_duplicates, groups_of_values
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.data.steps.dedup_near import DedupNearOptions
from llmops_workbench.tracking.rows import id_fractions
from llmops_workbench.tracking.tables import ID, SPLIT

if TYPE_CHECKING:
    import pyarrow as pa

_OPTIONS = ("parts", "seed", "stratify", "group", "near")


class SplitOptions(StepOptions):
    """Options of `split`; every other key is the name of a split with its part of the rows.

    Attributes:
        parts: The splits and their parts, which add up to 1.
        seed: Another seed is another division.
        stratify: A column whose values every split has in the same proportion.
        group: A column; rows with the same value stay on one side.
        near: A text column (or `{column, threshold, shingle}`); near-duplicates stay on one side.
    """

    parts: dict[str, float] = Field(min_length=1)
    seed: int = 0
    stratify: str | None = None
    group: str | None = None
    near: DedupNearOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _names_are_splits(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "parts" in value:
            return value
        known = {key: item for key, item in value.items() if key in _OPTIONS}
        return {**known, "parts": {k: item for k, item in value.items() if k not in _OPTIONS}}

    @model_validator(mode="after")
    def _parts_add_up(self) -> "SplitOptions":
        total = sum(self.parts.values())
        if min(self.parts.values()) <= 0 or abs(total - 1) > 1e-6:
            msg = f"the parts {self.parts} are not all above 0 with a sum of 1 (it is {total:g})"
            raise ValueError(msg)
        return self


@step("split", SplitOptions)
def split(state: State, options: SplitOptions) -> Change:
    """Say for each row in which split it is, in the column `__split__`."""
    import numpy as np
    import pyarrow as pa

    table = state.table
    if SPLIT in table.column_names:
        table = table.drop_columns([SPLIT])
    check_columns(table, [name for name in (options.stratify, options.group) if name])
    fractions = id_fractions(table.column(ID), options.seed)
    group = _groups(table, options)
    place = _places(table, fractions, group, options)
    names = list(options.parts)
    edges = np.cumsum(list(options.parts.values()))[:-1]
    part = np.searchsorted(edges, place, side="right")
    counts = np.bincount(part, minlength=len(names))
    if (counts == 0).any():
        empty = names[int(np.argmin(counts))]
        msg = f"the split '{empty}' would be empty with {table.num_rows} rows: use more rows"
        raise DataError(msg)
    table = table.append_column(SPLIT, pa.array(np.array(names, object)[part], pa.string()))
    ordered = [*(n for n in table.column_names if n not in ("__row__", ID)), "__row__", ID]
    counted = {name: int(count) for name, count in zip(names, counts, strict=True)}
    return Change(table.select(ordered), detail={"splits": counted})


def _groups(table: "pa.Table", options: SplitOptions) -> Any:
    """The number of the group of each row; None when every row is by itself."""
    if options.group and options.near:
        msg = "a split takes 'group' or 'near', not both"
        raise UsageError(msg)
    if options.group:
        return groups_of_values(table, options.group)
    if options.near:
        near = options.near
        return groups_of_near_duplicates(table, near.column, near.threshold, near.shingle)
    return None


def _places(table: "pa.Table", fractions: Any, group: Any, options: SplitOptions) -> Any:
    """Where each row stands between 0 and 1 of its stratum.

    Rows stand in the order of their fractions, groups where their first row does. Within one
    stratum the places are evenly spaced, so that the parts come out as given; each of several
    strata begins at an offset of its own, so that small ones are not all cut at the same place.
    """
    import numpy as np

    count = table.num_rows
    group = np.arange(count) if group is None else group
    _, first, group = np.unique(group, return_index=True, return_inverse=True)
    sizes = np.bincount(group)
    lead = fractions[first]
    stratum = np.zeros(count, np.int64)
    if options.stratify:
        stratum = groups_of_values(table, options.stratify, missing_is_one=True)
    of_group = stratum[first]
    order = np.lexsort((lead, of_group))
    place = np.empty(len(sizes))
    strata = np.unique(of_group)
    for number in strata:
        members = order[of_group[order] == number]
        weight = sizes[members]
        # n times the least of n uniform numbers, cut to its fraction, is as good as uniform
        inside = 0.5 if len(strata) == 1 else lead[members[0]] * len(members) % 1.0
        place[members] = (np.cumsum(weight) - weight + inside * weight) / weight.sum()
    return place[group]
