"""The operation `init`."""

from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile


class WorkspaceReport(Result):
    """A workspace that is ready.

    Attributes:
        workspace: Its folder.
        format: Its format version.
        created: Whether it is new.
    """

    workspace: Volatile[str]
    format: int
    created: Volatile[bool]


@operation(stage="everywhere", records=False, workspace=False)
def init(folder: str = ".") -> WorkspaceReport:
    """Make a workspace of a folder; one that is there already is left as it is.

    Args:
        folder: The folder; it is made when it is missing.

    Raises:
        WorkspaceError: The folder cannot be written, or holds a workspace of another format.

    Example:
        llmops init my-project
    """
    from pathlib import Path

    from llmops_workbench.core.workspace import FILE, FORMAT, Workspace

    there = (Path(folder).expanduser() / FILE).is_file()
    made = Workspace.init(folder)
    return WorkspaceReport(workspace=str(made.root), format=FORMAT, created=not there)
