"""`python -m llmops_workbench.faces.dashboards`: the process that `llmops dashboard` starts."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence

from llmops_workbench.core.errors import LLMOpsError, outcome
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.dashboards.server import serve


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the dashboard of a workspace.

    Returns:
        The exit code: 0 when it was ended, else as for every command.
    """
    parser = argparse.ArgumentParser(prog="llmops dashboard")
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--ref", default="")
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--browser", action="store_true")
    given = parser.parse_args(argv)
    # Panel would look for its files at a CDN.
    os.environ["BOKEH_RESOURCES"] = "server"
    try:
        workspace = Workspace.find(given.workspace)
        listener = socket.socket(fileno=given.socket)
        serve(workspace, given.ref, listener, browser=given.browser)
    except LLMOpsError as error:
        found = outcome(error)
        sys.stderr.write(f"{found.message}\n")
        return found.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
