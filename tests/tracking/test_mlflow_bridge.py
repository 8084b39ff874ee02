"""The projection into MLflow, read back with MLflow's own client."""

import os
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.events import Event
from llmops_workbench.core.store import tables
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import mlflow_server, outbox
from llmops_workbench.tracking.catalogue import Catalogue


def sha(number: int) -> str:
    return f"sha256-{number:064x}"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder that nothing may be written into."""
    here = tmp_path / "elsewhere"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "_MLFLOW_SERVER_ARTIFACT_ROOT"):
        # Set first, so that what the bridge sets is taken back after the test.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return here


def a_life(catalogue: Catalogue, number: int = 1) -> tuple[str, str]:
    """Record a pipeline with a tuning step, a model and a prompt of the same name."""
    catalogue.register("dataset", "home", hash=sha((1 << 250) + number), aliases=["now"])
    root = catalogue.start_run("execute", {"pipeline": "quickstart"})
    run = catalogue.start_run(
        "tune",
        {"model": "x", "lr": 0.001, "none": None, "deep": {"a": [1]}, "long": "é" * 9000},
        inputs=["dataset:home@now#train"],
        parent=root,
        replay="llmops tune",
    )
    catalogue.register(
        "prompt", "triage", hash=sha(100 + number), meta={"template": f"{number} {{{{x}}}}"}
    )
    catalogue.register(
        "model",
        "triage",
        hash=sha(200 + number),
        parents=["dataset:home"],
        run_id=run,
        aliases=["champion"],
    )
    catalogue.set_alias("prompt", "triage", "prod", number)
    catalogue.finish_run(
        run, "done", metrics={"loss": 0.5, "acc": {"value": 0.9, "lower": 0.8}, "bad": None}
    )
    catalogue.finish_run(root, "failed", error="boom")
    return root, run


def everything(workspace: Workspace) -> dict[str, Any]:
    """Read all that MLflow has, through its own client, in a form that two states compare in."""
    client = mlflow_server.connect(workspace).client
    runs = client.search_runs(
        [experiment.experiment_id for experiment in client.search_experiments()]
    )
    found: dict[str, Any] = {
        "runs": sorted(
            (
                run.info.run_id,
                run.info.status,
                run.info.end_time,
                sorted(run.data.params.items()),
                sorted(run.data.metrics.items()),
                sorted(run.data.tags.items()),
                sorted(
                    (entry.dataset.name, entry.dataset.digest)
                    for entry in run.inputs.dataset_inputs
                ),
            )
            for run in runs
        ),
        "points": Counter(
            (run.info.run_id, name, point.step, point.value)
            for run in runs
            for name in run.data.metrics
            for point in client.get_metric_history(run.info.run_id, name)
        ),
        "models": sorted(
            (model.name, sorted(model.aliases.items()))
            for model in client.search_registered_models()
        ),
        "versions": sorted(
            (version.name, int(version.version), sorted(version.tags.items()))
            for asked in ("", "tags.`mlflow.prompt.is_prompt` = 'true'")
            for version in client.search_model_versions(asked)
        ),
    }
    return found


def test_mlflow_shows_what_the_store_has(workspace: Workspace, elsewhere: Path) -> None:
    catalogue = Catalogue(workspace)
    root, run = a_life(catalogue)
    assert outbox.drain(workspace) == outbox.Drained(6, 0, 0)
    import mlflow

    seen = mlflow.get_run(run)
    assert seen.info.status == "FINISHED"
    assert seen.info.artifact_uri == f"llmops:/runs/{run}/artifacts"
    assert seen.data.params["deep"] == '{"a": [1]}'
    assert "none" not in seen.data.params
    assert seen.data.params["long"].endswith("é…")
    assert seen.data.metrics == {"loss": 0.5, "acc": 0.9, "acc.lower": 0.8}
    assert seen.data.tags["mlflow.parentRunId"] == root
    assert seen.data.tags["llmops.replay"] == "llmops tune"
    entry = seen.inputs.dataset_inputs[0]
    assert (entry.dataset.name, entry.tags[0].value) == ("home", "train")
    assert catalogue.get("dataset:home").hash[7:43] == entry.dataset.digest
    assert mlflow.get_run(root).info.status == "FAILED"
    assert mlflow.get_run(root).data.tags["llmops.error"] == "boom"
    model = mlflow.MlflowClient().get_model_version_by_alias("triage", "champion")
    assert (model.source, model.run_id) == (f"llmops:/models/{sha(201)}", run)
    # Models and prompts share one space of names in MLflow, so one of the two is renamed.
    assert mlflow.genai.load_prompt("prompts:/triage.prompt@prod").template == "1 {{x}}"
    assert list(elsewhere.iterdir()) == []


def test_projecting_again_changes_nothing(workspace: Workspace) -> None:
    a_life(Catalogue(workspace))
    outbox.drain(workspace)
    before = everything(workspace)
    with workspace.store.write() as connection:
        outbox.reopen(connection)
    assert outbox.drain(workspace).projected == 6
    assert everything(workspace) == before


def test_changes_follow_and_the_last_one_counts(workspace: Workspace) -> None:
    catalogue = Catalogue(workspace)
    _, run = a_life(catalogue)
    outbox.drain(workspace)
    a_life(catalogue, 2)
    catalogue.tag(f"run:{run}", "team", "red")
    catalogue.tag("model:triage@1", "kind", "small")
    catalogue.score("model:triage@2", {"f1": 0.75}, run)
    catalogue.set_alias("model", "triage", "champion", 1)
    catalogue.set_alias("model", "triage", "challenger", 2)
    outbox.drain(workspace)
    client = mlflow_server.connect(workspace).client
    assert client.get_registered_model("triage").aliases == {"champion": 1, "challenger": 2}
    assert client.get_run(run).data.tags["team"] == "red"
    assert client.get_model_version("triage", "1").tags["kind"] == "small"
    assert client.get_model_version("triage", "2").tags["llmops.score.f1"] == "0.75"
    catalogue.tag(f"run:{run}", "team", None)
    catalogue.delete_alias("model", "triage", "challenger")
    catalogue.remove("model:triage@2")
    catalogue.remove(f"run:{run}")
    assert outbox.drain(workspace).failed == 0
    assert client.get_registered_model("triage").aliases == {"champion": 1}
    assert [int(v.version) for v in client.search_model_versions("name='triage'")] == [1]
    assert client.get_run(run).info.lifecycle_stage == "deleted"


def test_a_run_whose_input_was_removed_is_projected(workspace: Workspace) -> None:
    catalogue = Catalogue(workspace)
    catalogue.register("dataset", "home", hash=sha(1))
    run = catalogue.start_run("tune", {}, inputs=["dataset:home"])
    catalogue.remove("dataset:home")
    assert outbox.drain(workspace) == outbox.Drained(1, 0, 0)
    seen = mlflow_server.connect(workspace).client.get_run(run)
    assert seen.data.tags["llmops.inputs"] == '["dataset:home@1"]'


def test_what_mlflow_refuses_stays_with_its_reason_and_holds_nothing_up(
    workspace: Workspace,
) -> None:
    catalogue = Catalogue(workspace)
    catalogue.register(
        "prompt", "odd", hash=sha(1), meta={"template": "x", "model_config": {"temperature": -1}}
    )
    run = catalogue.start_run("tune", {})
    done = outbox.drain(workspace)
    assert (done.projected, done.failed, done.waiting) == (1, 1, 1)
    assert mlflow_server.connect(workspace).client.get_run(run).info.status == "RUNNING"
    with workspace.store.read() as connection:
        row = connection.execute(tables.outbox.select().where(tables.outbox.c.done.is_(None))).one()
        assert outbox.pending(connection) == []  # its time has not come
    assert row.key == "version:prompt:odd:1"
    assert row.error
    assert row.attempts == 1


def test_live_metrics_are_not_doubled_by_a_resume(workspace: Workspace) -> None:
    from llmops_workbench.tracking import mlflow_bridge

    run = Catalogue(workspace).start_run("tune", {})
    with activate(workspace):
        for step in range(4):
            mlflow_bridge.live_metrics(run, step, {"train/loss": 1 / (step + 1), "a$b": step})
        mlflow_bridge._logged.clear()  # a new process
        for step in range(2, 6):
            mlflow_bridge.live_metrics(run, step, {"train/loss": 1 / (step + 1)})
    client = mlflow_server.connect(workspace).client
    history = client.get_metric_history(run, "train/loss")
    assert [(point.step, point.value) for point in history] == [(n, 1 / (n + 1)) for n in range(6)]
    assert len(client.get_metric_history(run, "a_b")) == 4


# One import of MLflow for all: each racer and each victim is a process of its own, made by fork.
FORKING = """
import os, random, signal, sys, time
import mlflow
import mlflow.store.tracking.sqlalchemy_store
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import mlflow_server, outbox
from llmops_workbench.tracking.catalogue import Catalogue

def child(work):
    number = os.fork()
    if number == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
    return number
"""


def run_forking(code: str, *arguments: object, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FORKING + textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_projecting_survives_kill_9_at_any_moment(workspace: Workspace) -> None:
    catalogue = Catalogue(workspace)
    for number in (1, 2, 3):
        a_life(catalogue, number)
    said = run_forking(
        """
        workspace = Workspace.find(sys.argv[1])
        chance = random.Random(int(sys.argv[3]))
        killed = 0
        for _ in range(int(sys.argv[2])):
            victim = child(lambda: outbox.drain(Workspace.find(sys.argv[1])))
            time.sleep(chance.uniform(0.01, 0.5))
            os.kill(victim, signal.SIGKILL)
            killed += os.waitpid(victim, 0)[1] == signal.SIGKILL
        print(killed)
        """,
        workspace.root,
        os.environ.get("LLMOPS_PROVE_N", "5"),
        os.environ.get("LLMOPS_TEST_SEED", "11"),
    )
    assert int(said.split()[-1]) >= 1, "every victim was faster than its death"
    outbox.drain(workspace)
    killed = everything(workspace)
    assert len(killed["runs"]) == 6
    assert [version[:2] for version in killed["versions"]] == [
        (name, number) for name in ("triage", "triage.prompt") for number in (1, 2, 3)
    ]
    assert set(killed["points"].values()) == {1}
    with workspace.store.write() as connection:
        outbox.reopen(connection)
    outbox.drain(workspace)
    assert everything(workspace) == killed


@pytest.mark.slow
def test_eight_processes_that_open_a_fresh_workspace_get_one_database(tmp_path: Path) -> None:
    root = tmp_path / "fresh"
    # An empty cache, so that the database is built, not copied.
    run_forking(
        """
        start = time.monotonic() + 0.5

        def race(number):
            while time.monotonic() < start:
                pass
            workspace = Workspace.init(sys.argv[1])
            Catalogue(workspace).start_run("tune", {"n": str(number)})
            outbox.drain(workspace)

        racers = [child(lambda number=number: race(number)) for number in range(8)]
        sys.exit(sum(os.waitpid(racer, 0)[1] for racer in racers))
        """,
        root,
        LLMOPS_CACHE=str(tmp_path / "cache"),
    )
    workspace = Workspace.find(root)
    assert outbox.drain(workspace) == outbox.Drained(0, 0, 0)
    found = everything(workspace)
    assert sorted(dict(run[3])["n"] for run in found["runs"]) == [str(n) for n in range(8)]
    assert [path.name for path in tmp_path.joinpath("cache").iterdir()] != []
    assert not workspace.dot.joinpath("backups").exists()
    workspace.store.close()


def test_a_half_made_database_is_put_aside_and_built_anew(workspace: Workspace) -> None:
    import sqlite3

    catalogue = Catalogue(workspace)
    a_life(catalogue)
    outbox.drain(workspace)
    before = everything(workspace)
    workspace.store.close()
    file = mlflow_server.database(workspace)
    for path in file.parent.glob("mlflow.db*"):
        path.unlink()
    with sqlite3.connect(file) as half:
        half.execute("CREATE TABLE experiments (x)")
        half.execute("CREATE TABLE _alembic_tmp_runs (x)")
    heard: list[Event] = []
    with activate(workspace, listener=heard.append):
        assert outbox.drain(workspace).projected == 0  # all was sent, as far as the store knows
        mlflow_server.connect(workspace)
        assert outbox.drain(workspace).projected == 6
    assert any("broken" in str(event.data.get("message")) for event in heard)
    assert [path.name[:13] for path in (workspace.dot / "backups").iterdir()] == ["mlflow-broken"]
    assert everything(workspace) == before
