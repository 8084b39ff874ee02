"""The operation `lab`."""

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile


class LabReport(Result):
    """JupyterLab has ended.

    Attributes:
        folder: Where it was open.
        exit_code: What it ended with.
    """

    folder: Volatile[str]
    exit_code: int


@operation(stage="everywhere", records=False)
def lab(*, port: int = 8888, browser: bool = True) -> LabReport:
    """Open the workspace in JupyterLab, with nothing that asks the network.

    Its news, its look for updates and its list of extensions are off. It goes on until it is
    closed or interrupted.

    Args:
        port: The first port to try.
        browser: Whether to open a browser.

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
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"),
        f"--port={port}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if not browser:
        command.append("--no-browser")
    done = subprocess.run(command, check=False)
    return LabReport(folder=str(folder), exit_code=done.returncode)
