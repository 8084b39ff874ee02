"""MLflow's own database inside the workspace: built once, whole, whoever comes first.

It is built beside its place under a lock and moved there, because a fresh one that several
processes open at once breaks for good.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core import context
from llmops_workbench.core.events import now
from llmops_workbench.tracking.mlflow_server import (
    EXPERIMENT,
    EXPERIMENTS_LOCATION,
    RUNS_LOCATION,
    database,
    lock,
)

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace


def create_database(workspace: Workspace) -> bool:
    """Build the embedded database unless a whole one is there.

    Returns:
        Whether it was built now.

    Raises:
        WorkspaceError: The workspace cannot be written.
    """
    file = database(workspace)
    if file.exists() and _is_whole(file):
        return False
    with lock(workspace, "mlflow-create"):
        if file.exists():
            if _is_whole(file):
                return False
            _put_aside(workspace, file)
        with context.progress("creating the MLflow database, once a workspace"):
            _build(file)
        _send_again(workspace)
    return True


def _build(file: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    fresh = file.with_name(file.name + ".new")
    for leftover in [*file.parent.glob(fresh.name + "*"), *_beside(file)]:
        leftover.unlink(missing_ok=True)
    template = _template()
    if not _copied(template, fresh):
        uri = f"sqlite:///{fresh}"
        store = SqlAlchemyStore(uri, EXPERIMENTS_LOCATION)
        store.create_experiment(EXPERIMENT, RUNS_LOCATION, [])
        store.engine.dispose()
        SqlAlchemyStore._engine_map.pop(uri, None)
        with closing(sqlite3.connect(fresh)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        _keep(fresh, template)
    fresh.replace(file)
    for leftover in _beside(fresh):  # empty, but there since somebody looked
        leftover.unlink(missing_ok=True)


def _template() -> Path:
    """Give the place of an empty database of the installed MLflow, in the user's cache."""
    import mlflow

    home = os.environ.get("LLMOPS_CACHE")
    folder = Path(home) if home else _cache_home() / "llmops-workbench"
    return folder / f"mlflow-{mlflow.__version__}.db"


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _copied(template: Path, target: Path) -> bool:
    # Building takes seconds, copying none; whatever is wrong with the copy, building is right.
    try:
        shutil.copyfile(template, target)
    except OSError:
        return False
    return _is_whole(target)


def _keep(fresh: Path, template: Path) -> None:
    # A cache that cannot be written costs the next workspace some seconds, and nothing else.
    with suppress(OSError):
        template.parent.mkdir(parents=True, exist_ok=True)
        part = template.with_name(f"{template.name}.{os.getpid()}")
        shutil.copyfile(fresh, part)
        part.replace(template)


def _beside(file: Path) -> list[Path]:
    return [file.with_name(file.name + ending) for ending in ("-wal", "-shm", "-journal")]


def _is_whole(file: Path) -> bool:
    """Tell whether a database went through all of MLflow's migrations."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=20)) as found:
            names = {row[0] for row in found.execute("SELECT name FROM sqlite_master")}
            if "alembic_version" not in names or "experiments" not in names:
                return False
            if any(name.startswith("_alembic_tmp_") for name in names):
                return False
            return bool(found.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,))
    except sqlite3.DatabaseError:
        return False


def _put_aside(workspace: Workspace, file: Path) -> None:
    moment = now().replace(":", "").replace("-", "")
    target = workspace.path("backups", f"mlflow-broken-{moment}.db")
    file.replace(target)
    context.warn(f"the MLflow database was broken: it is kept as '{target.name}', and built anew")


def _send_again(workspace: Workspace) -> None:
    """Project everything into the new database, also what an earlier one had."""
    from llmops_workbench.tracking import outbox

    with workspace.store.write() as connection:
        outbox.reopen(connection)
