"""The operation `rm`."""

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AnyRef
from llmops_workbench.core.results import Result, Volatile


class RemovalReport(Result):
    """What is no longer listed. Its content stays until `llmops gc`, its lineage for ever."""

    ref: Volatile[str]


@operation(stage="everywhere", records=False)
def rm(ref: AnyRef) -> RemovalReport:
    """Take a version out of the lists; what was made from it still knows its parent.

    Args:
        ref: The version, as in dataset:home@3.

    Raises:
        NotFoundError: The reference names nothing.
        ConflictError: An alias points at it.

    Example:
        llmops rm dataset:home@3
    """
    from llmops_workbench.tracking.catalogue import Catalogue

    removed = Catalogue(context.workspace()).remove(ref)
    return RemovalReport(ref=str(removed.ref))
