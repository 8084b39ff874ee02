"""The operation `gc`."""

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.execution.report import GarbageReport, Leftover


@operation(stage="everywhere", records=False)
def gc(*, dry_run: bool = False) -> GarbageReport:
    """Remove what nobody needs any more: old checkpoints, cut-off files, data of no version.

    The last and the best checkpoint of each job stay, and so does all that a version names.

    Args:
        dry_run: Only say what would be removed, and how much room it takes.

    Example:
        llmops gc --dry-run
    """
    from llmops_workbench.execution import leftovers

    workspace = context.workspace()
    found = leftovers.plan(workspace)
    if not dry_run:
        leftovers.collect(found)
    return GarbageReport(
        items=[
            Leftover(path=workspace.relative(item.path), bytes=item.bytes, why=item.why)
            for item in found
        ],
        bytes=sum(item.bytes for item in found),
        removed=not dry_run,
    )
