"""Artifacts of MLflow inside the workspace: the scheme `llmops:/` means `.llmops/`, wherever it is.

MLflow loads this module through the entry point `mlflow.artifact_repository`. Nothing else may
import it: MLflow would then find it half loaded.
"""

from __future__ import annotations

from typing import Any

from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

from llmops_workbench.tracking.artifact_paths import resolve


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
