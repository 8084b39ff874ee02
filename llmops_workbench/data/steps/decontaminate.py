"""Take out rows that stand in another dataset, such as a test set, at least in part."""

from pathlib import Path

from pydantic import Field

from llmops_workbench.core.errors import UsageError
from llmops_workbench.data.columns import texts_of
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.text.contamination import contaminated
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.catalogue import catalogue
from llmops_workbench.tracking.files import is_supported


class DecontaminateOptions(StepOptions):
    """Options of `decontaminate`.

    Attributes:
        against: A dataset's reference (`name@3#test` for one split), or a file.
        column: The text column here.
        against_column: The text column there; the same name, else its input, when left out.
        n: Words in an n-gram; one shared n-gram is enough.
        least_share: Part of a row's n-grams that must be shared; 0 means that one is enough.
        threshold: Also take out rows whose set of words is at least this similar to one there.
    """

    against: str
    column: str
    against_column: str | None = None
    n: int = Field(default=8, ge=1)
    least_share: float = Field(default=0.0, ge=0, le=1)
    threshold: float | None = Field(default=None, gt=0, le=1)


@step("decontaminate", DecontaminateOptions)
def decontaminate(state: State, options: DecontaminateOptions) -> Change:
    """Take out rows that share text with the other dataset."""
    import pyarrow as pa

    if is_supported(options.against) and Path(options.against).expanduser().is_file():
        reference = str(datasets.snapshot(options.against).ref)
    else:
        reference = catalogue().pin(options.against, "dataset")
    column = options.against_column or _their_column(reference, options.column)
    theirs = texts_of(datasets.load(reference, columns=[column]), column)
    found = contaminated(
        texts_of(state.table, options.column),
        theirs,
        options.n,
        least_share=options.least_share,
        threshold=options.threshold,
    )
    if reference not in state.parents:
        state.parents.append(reference)
    kept = state.table.filter(pa.array(~found.contaminated))
    return Change(kept, detail={"against": reference, "column": column})


def _their_column(reference: str, ours: str) -> str:
    version = datasets.find(reference)
    if ours in version.meta["columns"]:
        return ours
    roles = datasets.roles(version)
    for role in ("input", "prompt", "messages"):
        if role in roles:
            return roles[role]
    msg = f"{reference} has no column '{ours}': name its text column with 'against_column'"
    raise UsageError(msg)
