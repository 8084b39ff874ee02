"""What `llmops:/PATH` means: a path under `.llmops/` of the workspace that is meant."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.workspace import FOLDER, Workspace

SCHEME = "llmops"


def resolve(artifact_uri: str, tracking_uri: str | None = None) -> Path:
    """Give the path that an artifact's URI means on this machine, now.

    Args:
        artifact_uri: `llmops:/PATH`.
        tracking_uri: Where the record stands. An embedded database says which workspace is meant;
            else it is the current call's, `LLMOPS_WORKSPACE`, or found upward.

    Raises:
        UsageError: The path would leave `.llmops/`, or the URI is of another scheme.
        WorkspaceError: No workspace is open.
    """
    parsed = urlparse(artifact_uri)
    if parsed.scheme != SCHEME or parsed.netloc:
        raise UsageError(f"'{artifact_uri}' is not an artifact of a workspace: llmops:/PATH is")
    root = _folder(tracking_uri)
    path = (root / unquote(parsed.path).lstrip("/")).resolve()
    if not path.is_relative_to(root):
        raise UsageError(f"'{artifact_uri}' leaves the workspace: it is refused")
    return path


def _folder(tracking_uri: str | None) -> Path:
    if tracking_uri is None:
        import mlflow

        tracking_uri = mlflow.get_tracking_uri()
    if tracking_uri.startswith("sqlite:///"):
        folder = Path(tracking_uri.removeprefix("sqlite:///")).parent
        if folder.name == FOLDER:
            return folder.resolve()
    workspace = context.current().workspace or Workspace.find()
    return workspace.dot.resolve()
