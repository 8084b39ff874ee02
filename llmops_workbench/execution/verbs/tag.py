"""The operation `tag`."""

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AnyRef
from llmops_workbench.core.results import Result, Volatile


class TagReport(Result):
    """The tags of a thing after the change."""

    ref: Volatile[str]
    tags: dict[str, str]


@operation(stage="everywhere", records=False)
def tag(ref: AnyRef, *, tags: dict[str, str] = {}, remove: list[str] = []) -> TagReport:
    """Set or take away tags of a version or a run; without any it lists them.

    Args:
        ref: What to tag, as in model:triage@2.
        tags: Names and values to set.
        remove: Names to take away.

    Raises:
        NotFoundError: The reference names nothing.

    Example:
        llmops tag model:triage@2 --tags owner=ada --tags stage=trial
    """
    from llmops_workbench.tracking.catalogue import Catalogue

    book = Catalogue(context.workspace())
    for name, value in tags.items():
        book.tag(ref, name, value)
    for name in remove:
        book.tag(ref, name, None)
    if ref.kind == "run":
        found = dict(book.run(ref.name)["tags"] or {})
    else:
        found = dict(book.get(ref).tags or {})
    return TagReport(ref=str(ref), tags=found)
