import os
import subprocess
import sys
import time

from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import mlflow_server, outbox, projector
from llmops_workbench.tracking.catalogue import Catalogue


def test_a_caller_does_not_import_mlflow_and_the_child_projects_all(workspace: Workspace) -> None:
    assert not projector.start(workspace)  # nothing waits
    code = f"""
import sys
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import projector
from llmops_workbench.tracking.catalogue import Catalogue
workspace = Workspace.find({str(workspace.root)!r})
started = []
for number in range(20):
    Catalogue(workspace).start_run("tune", {{"n": number}})
    started.append(projector.start(workspace))
print(started[0], "mlflow" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ
    )
    assert done.stdout.strip() == "True False", done.stderr
    log = workspace.dot / "logs" / projector.LOG
    deadline = time.monotonic() + 120
    while True:
        with workspace.store.read() as connection:
            if outbox.counts(connection)["waiting"] == 0:
                break
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    client = mlflow_server.connect(workspace).client
    runs = client.search_runs([mlflow_server.connect(workspace).experiment_id])
    assert sorted(int(run.data.params["n"]) for run in runs) == list(range(20))


def test_runs_go_to_a_server_under_its_ids_without_doubles(
    workspace: Workspace, tmp_path, monkeypatch
) -> None:
    # Any database that is not the workspace's own is a server to the bridge.
    monkeypatch.setenv("LLMOPS_TRACKING_URI", f"sqlite:///{tmp_path / 'server.db'}")
    opened = Workspace.find(workspace.root)
    catalogue = Catalogue(opened)
    root = catalogue.start_run("execute", {})
    run = catalogue.start_run("tune", {"lr": 1}, parent=root)
    catalogue.finish_run(run, "done", metrics={"acc": 0.5})
    assert outbox.drain(opened).failed == 0
    first = catalogue.run(run)["mlflow_run_id"]
    assert first != run
    # As if the process had ended before it could keep the server's id.
    with opened.store.write() as connection:
        outbox.reopen(connection)
    assert outbox.drain(opened).failed == 0
    assert catalogue.run(run)["mlflow_run_id"] == first
    tracking = mlflow_server.connect(opened)
    assert len(tracking.client.search_runs([tracking.experiment_id])) == 2
    seen = tracking.client.get_run(first)
    assert seen.data.metrics == {"acc": 0.5}
    assert seen.data.tags["mlflow.parentRunId"] == catalogue.run(root)["mlflow_run_id"]
    assert not mlflow_server.database(opened).exists()
    opened.store.close()
