"""The operation `tag`."""

from typing import TYPE_CHECKING

from llmops_workbench.core import context
from llmops_workbench.core.errors import not_found
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AnyRef, Reference
from llmops_workbench.core.results import Result, Volatile

if TYPE_CHECKING:
    from llmops_workbench.tracking.catalogue import Catalogue


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
        NotFoundError: The reference names nothing, or there is no such tag to take away.

    Example:
        llmops tag model:triage@2 --tags owner=ada --tags stage=trial
    """
    from llmops_workbench.tracking.catalogue import Catalogue

    book = Catalogue(context.workspace())
    known = _tags(book, ref)
    for name in remove:
        if name not in known:
            raise not_found(f"tag of {ref}", name, known)
    for name, value in tags.items():
        book.tag(ref, name, value)
    for name in remove:
        book.tag(ref, name, None)
    return TagReport(ref=str(ref), tags=_tags(book, ref))


def _tags(book: "Catalogue", ref: Reference) -> dict[str, str]:
    if ref.kind == "run":
        return dict(book.run(ref.name)["tags"] or {})
    return dict(book.get(ref).tags or {})
