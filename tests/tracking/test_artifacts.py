"""Artifacts stay inside the workspace, wherever it is moved or copied to."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import mlflow_server, outbox
from llmops_workbench.tracking.artifact_paths import resolve
from llmops_workbench.tracking.catalogue import Catalogue


def sha(number: int) -> str:
    return f"sha256-{number:064x}"


@pytest.fixture
def original(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a run that has an artifact, and a model with an alias."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "_MLFLOW_SERVER_ARTIFACT_ROOT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    catalogue = Catalogue(workspace)
    run = catalogue.start_run("tune", {}, run_id="b" * 32)
    workspace.path("models", sha(1), "weights.txt").write_text("heavy")
    meta = {"path": f"models/{sha(1)}"}
    catalogue.register("model", "triage", hash=sha(1), run_id=run, meta=meta, aliases=["champion"])
    catalogue.finish_run(run, "done")
    outbox.drain(workspace)
    client = mlflow_server.connect(workspace).client
    client.log_text(run, "hello", "notes/a.txt")
    return workspace


READER = """
import sys
from pathlib import Path
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import mlflow_server
from llmops_workbench.tracking.catalogue import Catalogue
workspace = Workspace.find(sys.argv[1])
catalogue = Catalogue(workspace)
print(catalogue.items("models")[1], catalogue.get("model:triage@champion").number,
      len(catalogue.lineage("model:triage")["nodes"]), catalogue.run("bbbb")["state"])
client = mlflow_server.connect(workspace).client
import mlflow
folder = mlflow.artifacts.download_artifacts("models:/triage@champion")
print(Path(folder, "weights.txt").read_text())
print(client.list_artifacts("b" * 32, "notes")[0].path)
print(mlflow.artifacts.load_text("runs:/" + "b" * 32 + "/notes/a.txt"))
client.log_text("b" * 32, "again", "notes/b.txt")
"""
SAID = ["1 1 2 done", "heavy", "notes/a.txt", "hello"]


def test_mlflows_client_reads_and_writes_inside_the_workspace(original: Workspace) -> None:
    import mlflow

    files = sorted(
        path.relative_to(original.dot).as_posix() for path in (original.dot / "runs").rglob("*.txt")
    )
    assert files == [f"runs/{'b' * 32}/artifacts/notes/a.txt"]
    place = Path(mlflow.artifacts.download_artifacts("models:/triage@champion"))
    assert (place / "weights.txt").read_text() == "heavy"
    # A run of the user's own, in an experiment of the user's own.
    experiment = mlflow.create_experiment("mine")
    with mlflow.start_run(experiment_id=experiment) as run:
        mlflow.log_text("x", "x.txt")
    assert run.info.artifact_uri.startswith("llmops:/experiments/")
    assert len(list((original.dot / "experiments").rglob("x.txt"))) == 1
    assert list(Path.cwd().iterdir()) == []


def test_a_moved_and_a_copied_workspace_use_their_own_files_alone(
    original: Workspace, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(original.root, copy)
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    command = [strace, "-f", "-qq", "-s", "400", "-e", "trace=%file", "-o", str(trace)]
    done = subprocess.run(
        [*command, sys.executable, "-c", READER, str(copy)], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-4:] == SAID, done.stderr
    touched = [line for line in trace.read_text().splitlines() if f'"{original.root}' in line]
    assert touched == []
    opened = re.findall(rf'"({re.escape(str(copy))}/\.llmops/[^"]+)"', trace.read_text())
    assert any(path.endswith("notes/a.txt") for path in opened)
    assert (copy / ".llmops" / "runs" / ("b" * 32) / "artifacts" / "notes" / "b.txt").exists()
    assert not (original.dot / "runs" / ("b" * 32) / "artifacts" / "notes" / "b.txt").exists()


def test_a_workspace_that_was_moved_answers(original: Workspace, tmp_path: Path) -> None:
    moved = tmp_path / "deep er" / "moved"
    moved.parent.mkdir()
    original.store.close()
    original.root.rename(moved)
    done = subprocess.run(
        [sys.executable, "-c", READER, str(moved)], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-4:] == SAID, done.stderr
    assert not original.root.exists()


@pytest.mark.parametrize(
    "uri",
    [
        "llmops:/../secret",
        "llmops:/runs/../../secret",
        "llmops:/%2e%2e/secret",
        "llmops:/link/secret",
        "llmops://host/runs",
        "file:///etc/passwd",
    ],
)
def test_nothing_outside_is_reached(workspace: Workspace, uri: str) -> None:
    (workspace.dot / "link").symlink_to(workspace.root.parent)
    (workspace.root.parent / "secret").write_text("x")
    with activate(workspace), pytest.raises(UsageError):
        resolve(uri, "http://server")


def test_the_workspace_is_the_databases_else_the_calls_else_the_environments(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Workspace.init(tmp_path / "other")
    third = Workspace.init(tmp_path / "third")
    monkeypatch.setenv("LLMOPS_WORKSPACE", str(third.root))
    embedded = mlflow_server.tracking_uri(workspace)
    with activate(other):
        assert resolve("llmops:/runs/1", embedded) == workspace.dot / "runs" / "1"
        assert resolve("llmops:/runs/1", "http://server") == other.dot / "runs" / "1"
    assert resolve("llmops:/runs/1", "http://server") == third.dot / "runs" / "1"
