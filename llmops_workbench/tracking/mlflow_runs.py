"""Runs on MLflow's side: made under our id, and brought to the state that the store has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.references import parse
from llmops_workbench.core.store import tables
from llmops_workbench.tracking.runs import ENDED, record
from llmops_workbench.tracking.versions import find

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

    from llmops_workbench.tracking.mlflow_server import Tracking

_STATUS = {
    "queued": "SCHEDULED",
    "running": "RUNNING",
    "paused": "SCHEDULED",
    "interrupted": "KILLED",
    "done": "FINISHED",
    "failed": "FAILED",
    "cancelled": "KILLED",
}
# MLflow's own limits (mlflow/utils/validation.py), and the width of its column for digests.
_PARAM_CHARACTERS = 6000
_TAG_CHARACTERS = 5000
_DIGEST_CHARACTERS = 36
_BATCH_PARAMS = 100

# Tags of ours in MLflow: under this prefix, and these of the user's that were sent.
PREFIX = "llmops."
SENT_TAGS = "llmops.tags"
RUN_TAG = "llmops.run_id"


def project(tracking: Tracking, run_id: str) -> None:
    """Bring MLflow's run to how the store has it."""
    from mlflow.entities import LifecycleStage

    run = _read(tracking, run_id)
    mlflow_id = ensure(tracking, run_id)
    known = tracking.client.get_run(mlflow_id)
    deleted = known.info.lifecycle_stage == LifecycleStage.DELETED
    if run["removed"]:
        if not deleted:
            tracking.client.delete_run(mlflow_id)
        return
    if deleted:
        tracking.client.restore_run(mlflow_id)
    _log(tracking, mlflow_id, run, known)
    found = [_dataset(tracking, text) for text in run["inputs"] if text.startswith("dataset:")]
    inputs = [dataset for dataset in found if dataset is not None]
    if inputs:
        tracking.client.log_inputs(mlflow_id, inputs)
    status = _STATUS[run["state"]]
    if run["state"] in ENDED:
        ended = milliseconds(run["ended"])
        if known.info.status != status or known.info.end_time != ended:
            tracking.client.set_terminated(mlflow_id, status, ended)
    elif known.info.status != status:
        tracking.client.update_run(mlflow_id, status=status)


def ensure(tracking: Tracking, run_id: str) -> str:
    """Make the run in MLflow unless it is there.

    Returns:
        MLflow's id of it: ours, where MLflow's database is ours as well.
    """
    row = _read(tracking, run_id)
    if not tracking.embedded:
        return _ensure_on_server(tracking, row)
    insert_run(tracking, row)
    return run_id


def insert_run(tracking: Tracking, row: Mapping[str, Any]) -> None:
    """Insert a run with a given id into MLflow's own database; one that is there stays.

    MLflow's `create_run` takes no id. The id is the primary key, so that a run that is projected
    twice, or by two processes at once, cannot be doubled. This is the one place that knows
    MLflow's tables.

    Raises:
        RuntimeError: This MLflow is not of the versions whose table this was written for.
    """
    import mlflow
    from mlflow.entities import LifecycleStage
    from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
    from sqlalchemy.exc import IntegrityError

    if not mlflow.__version__.startswith("3.17."):
        raise RuntimeError(f"mlflow {mlflow.__version__} is installed, but 3.17 is needed")
    store = tracking.client._tracking_client.store
    name = _name(row)
    try:
        with store.ManagedSessionMaker(read_only=False) as session:
            if session.get(SqlRun, row["run_id"]) is not None:
                return
            run = SqlRun(
                run_uuid=row["run_id"],
                name=name,
                artifact_uri=f"llmops:/runs/{row['run_id']}/artifacts",
                experiment_id=int(tracking.experiment_id),
                source_type="LOCAL",
                source_name="",
                entry_point_name="",
                user_id=tracking.workspace.user(),
                status=_STATUS[row["state"]],
                start_time=milliseconds(row["started"]),
                source_version="",
                lifecycle_stage=LifecycleStage.ACTIVE,
            )
            run.tags = [SqlTag(key="mlflow.runName", value=name)]
            session.add(run)
    except Exception as error:
        # Another process was faster; MLflow wraps the database's error.
        clash = isinstance(error, IntegrityError) or "UNIQUE constraint" in str(error)
        if not clash:
            raise


def _ensure_on_server(tracking: Tracking, row: Mapping[str, Any]) -> str:
    """Make the run under the server's id, and keep which one that is."""
    if row["mlflow_run_id"]:
        return str(row["mlflow_run_id"])
    client, run_id = tracking.client, row["run_id"]
    # It may be there without our knowing: the process ended between the two writes.
    found = client.search_runs(
        [tracking.experiment_id], f"tags.`{RUN_TAG}` = '{run_id}'", max_results=1
    )
    mlflow_id = (
        found[0].info.run_id
        if found
        else client.create_run(
            tracking.experiment_id,
            start_time=milliseconds(row["started"]),
            tags={RUN_TAG: run_id},
            run_name=_name(row),
        ).info.run_id
    )
    table = tables.runs
    with tracking.workspace.store.write() as connection:
        connection.execute(
            table.update().where(table.c.run_id == run_id).values(mlflow_run_id=mlflow_id)
        )
    return str(mlflow_id)


def _log(tracking: Tracking, mlflow_id: str, run: Mapping[str, Any], known: Any) -> None:
    from mlflow.entities import Metric, Param, RunTag

    params = [
        Param(key, value)
        for key, value in parameters(run["arguments"]).items()
        if key not in known.data.params
    ]
    tags = _tags(tracking, run)
    sent = json.loads(known.data.tags.get(SENT_TAGS, "[]"))
    for gone in sorted(set(sent) - set(run["tags"])):
        if gone in known.data.tags:
            tracking.client.delete_tag(mlflow_id, gone)
    changed = [
        RunTag(key, value) for key, value in tags.items() if known.data.tags.get(key) != value
    ]
    metrics = []
    if run["state"] in ENDED:
        # One moment for one end: MLflow then sees that it has the value already.
        moment = milliseconds(run["ended"])
        metrics = [
            Metric(name, value, moment, 0) for name, value in numbers(run["metrics"]).items()
        ]
    for begin in range(0, len(params), _BATCH_PARAMS):
        tracking.client.log_batch(mlflow_id, params=params[begin : begin + _BATCH_PARAMS])
    if changed or metrics:
        tracking.client.log_batch(mlflow_id, metrics=metrics, tags=changed)


def _tags(tracking: Tracking, run: Mapping[str, Any]) -> dict[str, str]:
    tags = {
        **{key: str(value) for key, value in run["tags"].items()},
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": f"llmops {run['operation']}",
        "mlflow.user": tracking.workspace.user(),
        RUN_TAG: run["run_id"],
        "llmops.operation": run["operation"],
        "llmops.state": run["state"],
        "llmops.inputs": json.dumps(run["inputs"]),
        "llmops.outputs": json.dumps(run["outputs"]),
        SENT_TAGS: json.dumps(sorted(run["tags"])),
    }
    if run["replay"]:
        tags["llmops.replay"] = run["replay"]
    if run["error"]:
        tags["llmops.error"] = run["error"]
    if run["parent"]:
        tags["mlflow.parentRunId"] = (
            run["parent"] if tracking.embedded else ensure(tracking, run["parent"])
        )
    return {key: value[:_TAG_CHARACTERS] for key, value in tags.items()}


def parameters(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Write arguments as MLflow's parameters: text by name, the missing ones left out."""
    found = {}
    for name, value in arguments.items():
        if value is None:
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        cut = len(text) > _PARAM_CHARACTERS
        found[name] = text[: _PARAM_CHARACTERS - 1] + "…" if cut else text
    return found


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Flatten metrics: `f1` with its interval becomes `f1`, `f1.lower` and `f1.upper`."""
    found: dict[str, float] = {}
    for name, value in metrics.items():
        parts = value.items() if isinstance(value, Mapping) else [("value", value)]
        for part, number in parts:
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            key = metric_name(name if part == "value" else f"{name}.{part}")
            found[key] = float(number)
    return found


def metric_name(name: str) -> str:
    """Write a name with the characters that MLflow allows for a metric."""
    return re.sub(r"[^\w.\-: /]", "_", name)


def milliseconds(moment: str) -> int:
    """Turn an ISO time into milliseconds since 1970, as MLflow counts."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _dataset(tracking: Tracking, text: str) -> DatasetInput | None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    ref = parse(text)
    try:
        with tracking.workspace.store.read() as connection:
            version = find(connection, ref)
    except NotFoundError:  # removed since; the run's own tags still name it
        return None
    dataset = Dataset(
        name=ref.name or "snapshot",
        digest=version.hash.removeprefix("sha256-")[:_DIGEST_CHARACTERS],
        source_type="llmops",
        source=json.dumps({"ref": str(version.ref)}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", ref.split or "input")])


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['operation']}-{row['run_id'][:6]}"


def _read(tracking: Tracking, run_id: str) -> dict[str, Any]:
    from sqlalchemy import select

    with tracking.workspace.store.read() as connection:
        row = connection.execute(select(tables.runs).where(tables.runs.c.run_id == run_id)).one()
    return {**record(row), "removed": row.removed, "mlflow_run_id": row.mlflow_run_id}
