"""The operation `lab`."""

import json
import os
from pathlib import Path

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
    import tempfile

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
    with tempfile.TemporaryDirectory(prefix="llmops-lab-") as own:
        environment = os.environ | {"JUPYTER_CONFIG_PATH": _without_news(Path(own))}
        done = subprocess.run(command, env=environment, check=False)
    return LabReport(folder=str(folder), options=options, exit_code=done.returncode)


def _without_news(folder: Path) -> str:
    """Leave out the plugin that asks whether it may fetch news; gives the path to configurations.

    The option for the news' address does not keep it from asking.
    """
    page = folder / "labconfig" / "page_config.json"
    page.parent.mkdir()
    page.write_text(
        json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}),
        encoding="utf-8",
    )
    known = os.environ.get("JUPYTER_CONFIG_PATH")
    return os.pathsep.join([str(folder), *([known] if known else [])])
