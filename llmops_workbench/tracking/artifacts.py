"""Artifacts of MLflow inside the workspace: the scheme `llmops:/` means `.llmops/`, wherever it is.

MLflow loads this module through the entry point `mlflow.artifact_repository`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.workspace import FOLDER, Workspace

SCHEME = "llmops"


class LLMOpsArtifactRepository(LocalArtifactRepository):  # type: ignore[misc]
    """Reads and writes artifacts under `.llmops/` of the workspace that MLflow's database is in.

    Args:
        artifact_uri: `llmops:/PATH`, as it stands in MLflow's records.
        tracking_uri: The database or server that the record came from.
        registry_uri: The same for a registered model.

    Raises:
        UsageError: The path would leave `.llmops/`.
        WorkspaceError: No workspace is open.
    """

    def __init__(
        self,
        artifact_uri: str,
        tracking_uri: str | None = None,
        registry_uri: str | None = None,
        **options: Any,
    ) -> None:
        folder = resolve(artifact_uri, tracking_uri or registry_uri)
        super().__init__(folder.as_uri(), tracking_uri, registry_uri, **options)
        self.artifact_uri = artifact_uri
        self._artifact_dir = str(folder)


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
