"""The operation `lab`."""

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile


class LabReport(Result):
    """JupyterLab has ended, or how it would be started.

    Attributes:
        folder: Where it was open.
        options: What it is started with, beside the folder.
        exit_code: What it ended with; None when it was not started.
    """

    folder: Volatile[str]
    options: list[str]
    exit_code: int | None = None


@operation(stage="everywhere", records=False)
def lab(*, port: int = 8888, browser: bool = True, dry_run: bool = False) -> LabReport:
    """Open the workspace in JupyterLab, with nothing that asks the network.

    Its news, its look for updates and its list of extensions are off. It goes on until it is
    closed or interrupted.

    Args:
        port: The first port to try.
        browser: Whether to open a browser.
        dry_run: Only say how it would be started.

    Raises:
        MissingDependencyError: JupyterLab is not installed.

    Example:
        llmops lab --no-browser
    """
    import subprocess
    import sys

    from llmops_workbench.core.errors import require

    require("jupyterlab", "dev", "to open JupyterLab")
    folder = context.workspace().root
    options = [
        f"--port={port}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *([] if browser else ["--no-browser"]),
    ]
    if dry_run:
        return LabReport(folder=str(folder), options=options)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *options]
    done = subprocess.run(command, check=False)
    return LabReport(folder=str(folder), options=options, exit_code=done.returncode)
