"""Keep the first of rows whose texts are nearly the same."""

from typing import Literal

from pydantic import Field

from llmops_workbench.data.columns import texts_of
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.text.near_duplicates import near_duplicates


class DedupNearOptions(StepOptions):
    """Options of `dedup_near`.

    Attributes:
        column: The text column.
        threshold: Least Jaccard similarity of the sets of word n-grams.
        shingle: Words in an n-gram; 1 compares sets of words.
        method: "exact" finds all pairs, "minhash" nearly all, "auto" chooses by size.
    """

    shorthand = "column"

    column: str
    threshold: float = Field(default=0.7, gt=0, le=1)
    shingle: int = Field(default=1, ge=1)
    method: Literal["auto", "exact", "minhash"] = "auto"


@step("dedup_near", DedupNearOptions)
def dedup_near(state: State, options: DedupNearOptions) -> Change:
    """Take out each row that is like an earlier kept one."""
    import pyarrow as pa

    texts = texts_of(state.table, options.column)
    found = near_duplicates(texts, options.threshold, options.shingle, method=options.method)
    return Change(state.table.filter(pa.array(found.kept)), detail={"method": found.method})
