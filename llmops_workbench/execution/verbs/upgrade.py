"""The operation `upgrade`."""

from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile


class UpgradeReport(Result):
    """A workspace in this version's format.

    Attributes:
        workspace: Its folder.
        before: The format of its store before.
        after: The format now.
        backup: Where the store from before is kept, relative to the workspace; None when there
            was nothing to do.
    """

    workspace: Volatile[str]
    before: str
    after: str
    backup: Volatile[str | None] = None


@operation(stage="everywhere", records=False, workspace=False)
def upgrade(folder: str = ".") -> UpgradeReport:
    """Bring a workspace of an older format to this version's, after a backup.

    Args:
        folder: The workspace, or a folder in it.

    Raises:
        WorkspaceError: There is none, or it is of a newer format.
        StorageError: The disk has no room for the backup.

    Example:
        llmops upgrade my-project
    """
    from pathlib import Path

    from llmops_workbench.core.workspace import upgrade_format

    opened, before, after, backup = upgrade_format(Path(folder).expanduser())
    return UpgradeReport(workspace=str(opened.root), before=before, after=after, backup=backup)
