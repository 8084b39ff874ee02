"""What MLflow's own client changes is seen in the catalogue after a reconcile."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.store import tables
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import mlflow_server, outbox, prompts, reconcile
from llmops_workbench.tracking.catalogue import Catalogue
from llmops_workbench.tracking.reconcile import Reconciled


def sha(number: int) -> str:
    return f"sha256-{number:064x}"


@pytest.fixture
def catalogue(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "_MLFLOW_SERVER_ARTIFACT_ROOT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    made = Catalogue(workspace)
    made.register("model", "triage", hash=sha(1), aliases=["champion"], meta={"path": "models/x"})
    made.register("model", "triage", hash=sha(2))
    made.register("prompt", "ask", hash=sha(3), meta={"template": "{{x}}"}, aliases=["prod"])
    made.finish_run(made.start_run("tune", {}, run_id="a" * 32), "done")
    outbox.drain(workspace)
    assert reconcile.reconcile(workspace) == Reconciled()
    return made


@pytest.fixture
def client(catalogue: Catalogue) -> Any:
    return mlflow_server.connect(catalogue.workspace).client


def test_what_we_sent_does_not_come_back(catalogue: Catalogue) -> None:
    before = catalogue.store.revision()
    assert reconcile.reconcile(catalogue.workspace) == Reconciled()
    assert catalogue.store.revision() == before


def test_an_unchanged_database_is_not_even_opened(catalogue: Catalogue) -> None:
    code = f"""
import sys
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking.reconcile import reconcile
reconcile(Workspace.find({str(catalogue.workspace.root)!r}))
print("mlflow" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_aliases_that_were_set_moved_and_deleted(catalogue: Catalogue, client: Any) -> None:
    client.set_registered_model_alias("triage", "champion", "2")
    client.set_registered_model_alias("triage", "challenger", "1")
    client.delete_prompt_alias("ask", "prod")
    assert reconcile.reconcile(catalogue.workspace).aliases == 3
    assert catalogue.aliases("model", "triage") == {"champion": 2, "challenger": 1}
    assert catalogue.aliases("prompt", "ask") == {}
    assert outbox.drain(catalogue.workspace) == outbox.Drained(0, 0, 0)


def test_a_change_of_ours_that_waits_wins(catalogue: Catalogue, client: Any) -> None:
    client.set_registered_model_alias("triage", "champion", "2")
    catalogue.set_alias("model", "triage", "other", 1)
    catalogue.delete_alias("model", "triage", "champion")
    reconcile.reconcile(catalogue.workspace)
    assert catalogue.aliases("model", "triage") == {"other": 1}
    outbox.drain(catalogue.workspace)
    assert client.get_registered_model("triage").aliases == {"other": 1}


def test_versions_that_were_made_tagged_and_deleted(catalogue: Catalogue, client: Any) -> None:
    client.create_model_version("triage", "s3://bucket/weights", description="by hand")
    client.create_registered_model("fresh er")
    client.create_model_version("fresh er", "llmops:/models/abc")
    client.register_prompt("ask", [{"role": "user", "content": "{{y}}"}])
    client.set_model_version_tag("triage", "1", "team", "red")
    client.delete_model_version("triage", "2")
    assert reconcile.reconcile(catalogue.workspace).versions == 5
    by_hand = catalogue.get("model:triage@3")
    assert (by_hand.meta["source"], by_hand.meta["message"]) == ("s3://bucket/weights", "by hand")
    assert catalogue.get("model:fresh_er@1").meta["path"] == "models/abc"
    template = [{"role": "user", "content": "{{y}}"}]
    asked = catalogue.get("prompt:ask@2")
    assert asked.meta["template"] == template
    assert asked.hash == prompts.template_hash(template)
    assert catalogue.get("model:triage@1").tags == {"team": "red"}
    with pytest.raises(NotFoundError):
        catalogue.get("model:triage@2")
    assert reconcile.reconcile(catalogue.workspace) == Reconciled()
    # What came from MLflow is changed here like anything else.
    catalogue.set_alias("model", "fresh_er", "prod", 1)
    catalogue.tag("model:fresh_er@1", "a", "b")
    assert outbox.drain(catalogue.workspace).failed == 0
    assert client.get_registered_model("fresh er").aliases == {"prod": 1}
    assert client.get_model_version("fresh er", "1").tags["a"] == "b"
    assert len(client.search_model_versions("name='fresh er'")) == 1


def test_a_renamed_model_keeps_its_content_and_its_origin(
    catalogue: Catalogue, client: Any
) -> None:
    client.rename_registered_model("triage", "sorter")
    reconcile.reconcile(catalogue.workspace)
    assert catalogue.names("model") == ["sorter"]
    moved = catalogue.get("model:sorter@champion")
    assert (moved.hash, moved.meta, moved.parents) == (
        sha(1),
        {"path": "models/x"},
        ("model:triage@1",),
    )
    assert {node["ref"] for node in catalogue.lineage("model:sorter@1")["nodes"]} == {
        "model:sorter@1",
        "model:triage@1",
    }
    assert reconcile.reconcile(catalogue.workspace) == Reconciled()


def test_runs_that_were_made_ended_named_tagged_and_deleted(
    catalogue: Catalogue, client: Any
) -> None:
    experiment = client.create_experiment("mine")
    made = client.create_run(experiment, run_name="by hand", tags={"x": "1"}).info.run_id
    client.log_param(made, "lr", 0.5)
    client.set_tag("a" * 32, "team", "red")
    client.update_run("a" * 32, name="the good one")
    assert reconcile.reconcile(catalogue.workspace).runs == 2
    found = catalogue.run(made)
    assert (found["operation"], found["state"]) == ("mlflow", "running")
    assert found["arguments"] == {"lr": 0.5}
    assert found["tags"] == {"x": "1", "name": "by hand"}
    assert catalogue.run("a" * 32)["tags"] == {"team": "red", "name": "the good one"}
    client.log_metric(made, "acc", 0.25)
    client.set_terminated(made, "FAILED")
    client.delete_run("a" * 32)
    assert reconcile.reconcile(catalogue.workspace).runs == 2
    ended = catalogue.run(made)
    assert (ended["state"], ended["metrics"]) == ("failed", {"acc": 0.25})
    assert ended["ended"] >= ended["started"]
    assert catalogue.runs()[1] == 1
    client.restore_run("a" * 32)
    assert reconcile.reconcile(catalogue.workspace).runs == 1
    assert catalogue.runs()[1] == 2
    assert reconcile.reconcile(catalogue.workspace) == Reconciled()
    with catalogue.store.read() as connection:
        assert outbox.counts(connection) == {"waiting": 0, "failed": 0}
        assert len(connection.execute(tables.runs.select()).all()) == 2
