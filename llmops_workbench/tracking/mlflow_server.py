"""Where MLflow keeps its side: a database inside the workspace, or a tracking server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import StorageError, WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow import MlflowClient

    from llmops_workbench.core.workspace import Workspace

EXPERIMENT = "llmops-workbench"
# A scheme of our own stays as it is written; MLflow makes any relative path absolute.
RUNS_LOCATION = "llmops:/runs"
EXPERIMENTS_LOCATION = "llmops:/experiments"

# How long one process waits while another builds the database (12 s was seen on a slow disk).
BUILD_SECONDS = 180.0


@dataclass(frozen=True)
class Tracking:
    """An open connection to MLflow.

    Attributes:
        workspace: The workspace that it belongs to.
        uri: Absolute; of the embedded database or of a server.
        embedded: Whether the database is in the workspace.
        client: MLflow's own client.
        experiment_id: Where the workbench keeps its runs.
    """

    workspace: Workspace
    uri: str
    embedded: bool
    client: MlflowClient
    experiment_id: str

    @property
    def registry(self) -> Any:
        """MLflow's registry, where prompts are versions like a model's.

        The client's own methods for models refuse prompts, and those for prompts know less.
        """
        return self.client._get_registry_client()


_open: dict[tuple[str, str], Tracking] = {}
# By URI: which file the connections that MLflow keeps go to.
_files: dict[str, int] = {}
# Where MLflow's global state was last pointed to by us.
_pointed_at: dict[str, str] = {}


def database(workspace: Workspace) -> Path:
    """Give the place of the embedded database."""
    return workspace.dot / "mlflow.db"


def tracking_uri(workspace: Workspace) -> str:
    """Give the URI by which MLflow finds this workspace's runs; imports nothing."""
    return str(workspace.settings.get("tracking.uri") or f"sqlite:///{database(workspace)}")


def is_embedded(workspace: Workspace) -> bool:
    """Whether the runs are in the workspace, not on a server."""
    return not workspace.settings.get("tracking.uri")


def environment(workspace: Workspace) -> dict[str, str]:
    """Give the variables that point any MLflow client, also one in a child, at the workspace."""
    variables = {
        "MLFLOW_TRACKING_URI": tracking_uri(workspace),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_EXPERIMENT_NAME": EXPERIMENT,
    }
    if is_embedded(workspace):
        variables["LLMOPS_WORKSPACE"] = str(workspace.root)
        # Where experiments go that a user creates; without it, into the folder one stands in.
        variables["_MLFLOW_SERVER_ARTIFACT_ROOT"] = EXPERIMENTS_LOCATION
    return variables


def connect(workspace: Workspace) -> Tracking:
    """Open MLflow for a workspace; the first time, its database is built.

    Raises:
        StorageError: The database cannot be built, or the server does not answer.
        WorkspaceError: The workspace cannot be written.
    """
    uri = tracking_uri(workspace)
    embedded = is_embedded(workspace)
    # Before the import, which reads them. `LLMOPS_WORKSPACE` is for children, not for this one.
    variables = environment(workspace)
    variables.pop("LLMOPS_WORKSPACE", None)
    os.environ.update(variables)
    known = _open.get((str(workspace.root), uri))
    if known is not None and (not embedded or _is_same_file(workspace, uri)):
        _point_here(uri)
        return known
    if embedded:
        from llmops_workbench.tracking.mlflow_database import create_database

        create_database(workspace)
    import mlflow

    _register_scheme()
    _point_here(uri)
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    with lock(workspace, "mlflow-experiment"):
        experiment_id = _experiment(client, uri)
    found = Tracking(workspace, uri, embedded, client, experiment_id)
    _open[str(workspace.root), uri] = found
    if embedded:
        _files[uri] = database(workspace).stat().st_ino
    return found


@contextmanager
def lock(workspace: Workspace, name: str, seconds: float = BUILD_SECONDS) -> Iterator[None]:
    """Hold a lock among all processes on the workspace.

    Raises:
        StorageError: Another process has held it too long.
        WorkspaceError: The workspace cannot be written.
    """
    from filelock import FileLock, Timeout

    path = workspace.dot / f"{name}.lock"
    held = FileLock(path)
    try:
        held.acquire(timeout=seconds)
    except Timeout as error:
        raise StorageError(
            f"another process has held '{path}' for over {seconds:.0f} s: end it, then try again"
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"'{workspace.dot}' cannot be written ({error.strerror}): work in a copy"
        ) from error
    try:
        yield
    finally:
        held.release()


def _is_same_file(workspace: Workspace, uri: str) -> bool:
    """Tell whether the database is still the one that was opened; else let go of that one."""
    try:
        same = database(workspace).stat().st_ino == _files.get(uri)
    except FileNotFoundError:
        same = False
    if not same:
        from mlflow.store.model_registry import sqlalchemy_store as registry
        from mlflow.store.tracking import sqlalchemy_store as tracking

        for stores in (tracking.SqlAlchemyStore, registry.SqlAlchemyStore):
            if uri in stores._engine_map:
                stores._engine_map[uri].dispose()
    return same


def _register_scheme() -> None:
    """Make `llmops:/` known where the package's entry points are not, as in a bare checkout."""
    from mlflow.store.artifact import artifact_repository_registry as registry

    from llmops_workbench.tracking.artifact_paths import SCHEME

    if SCHEME not in registry.get_registered_artifact_repositories():
        from llmops_workbench.tracking.artifacts import LLMOpsArtifactRepository

        registry._artifact_repository_registry.register(SCHEME, LLMOpsArtifactRepository)


def _point_here(uri: str) -> None:
    """Point what uses MLflow's global state (traces, `models:/`, the user's own calls) here."""
    import mlflow

    if uri != _pointed_at.get("uri") or mlflow.get_tracking_uri() != uri:
        from mlflow.tracking._tracking_service import utils

        mlflow.set_tracking_uri(uri)
        # MLflow remembers by run id alone where artifacts go, and a copied workspace has the same
        # ids: what was remembered would lead into the original.
        utils._artifact_repos_cache.clear()
        _pointed_at["uri"] = uri
    if mlflow.get_registry_uri() != uri:
        mlflow.set_registry_uri(uri)


def _experiment(client: MlflowClient, uri: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            return str(client.create_experiment(EXPERIMENT, artifact_location=RUNS_LOCATION))
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)
    except MlflowException as error:
        raise StorageError(f"MLflow at '{uri}' does not answer: {error.message}") from error


def refusal(error: Exception) -> str:
    """Give the one sentence of an error from MLflow, without its stack."""
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:500]


def pages(ask: Any, **arguments: Any) -> Iterator[Any]:
    """Go through all pages that one of MLflow's searches gives."""
    token = None
    while True:
        page = ask(page_token=token, **arguments)
        yield from page
        token = page.token
        if not token:
            return
