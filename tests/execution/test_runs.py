"""A call is a run; a step leaves telling MLflow to its pipeline; reconcile goes both ways."""

import os

from llmops_workbench.core import context
from llmops_workbench.execution import runs
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.tracking import outbox
from llmops_workbench.tracking.catalogue import Catalogue


def waiting(workspace):
    with workspace.store.read() as connection:
        return outbox.counts(connection)["waiting"]


def test_a_step_leaves_its_run_in_the_outbox_until_the_pipeline_ends(workspace, monkeypatch):
    frame = [{"text": "one"}, {"text": "two"}]
    parent = Catalogue(workspace).start_run("execute", {})
    Catalogue(workspace).finish_run(parent, "done")
    monkeypatch.setenv(runs.PARENT, parent)
    step = invoke("label", {"source": frame, "queue": "q", "value": "text"}, workspace=workspace)
    assert Catalogue(workspace).run(step.run_id)["parent"] == parent
    assert waiting(workspace) >= 2
    monkeypatch.delenv(runs.PARENT)
    sent = invoke("reconcile", {}, workspace=workspace)
    assert sent.sent >= 2
    assert waiting(workspace) == 0


def test_what_mlflows_client_changed_is_seen_after_a_reconcile(workspace):
    step = invoke(
        "label", {"source": [{"text": "one"}], "queue": "q", "value": "text"}, workspace=workspace
    )
    from llmops_workbench.tracking.mlflow_server import connect

    with context.activate(workspace):
        connect(workspace).client.set_tag(step.run_id, "reviewed", "yes")
    found = invoke("reconcile", {}, workspace=workspace)
    assert found.runs == 1
    assert Catalogue(workspace).run(step.run_id)["tags"]["reviewed"] == "yes"
    assert os.environ.get(runs.PARENT) is None
