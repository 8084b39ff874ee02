"""Projecting the store into MLflow: one function brings one subject up to date there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.tracking import mlflow_registry, mlflow_runs
from llmops_workbench.tracking.mlflow_server import Tracking, connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_workbench.core.workspace import Workspace

# By run and metric: the highest step that MLflow has, so that steps done again after a resume from
# an earlier checkpoint are not logged twice.
_logged: dict[tuple[str, str], int] = {}


def project(tracking: Tracking, entry: Mapping[str, Any]) -> None:
    """Bring MLflow's side of one subject to how the store has it; doing it twice changes nothing.

    Args:
        tracking: As `connect` gives it.
        entry: An entry of the outbox.

    Raises:
        MlflowException: MLflow refuses.
    """
    payload = entry["payload"]
    if entry["kind"] == "run":
        mlflow_runs.project(tracking, payload["run_id"])
    elif entry["kind"] == "version":
        mlflow_registry.project_version(
            tracking, payload["kind"], payload["name"], payload["version"]
        )
    else:
        mlflow_registry.project_alias(tracking, payload["kind"], payload["name"], payload["alias"])


def live_metrics(
    run_id: str,
    step: int,
    metrics: Mapping[str, float],
    *,
    workspace: Workspace | None = None,
) -> None:
    """Log the metrics of one step of a run that goes on, such as a training loss.

    Args:
        run_id: The run; it is made in MLflow when the outbox has not yet sent it.
        step: The step. One that MLflow has already, because the run was resumed from before it,
            is left out.
        metrics: Numbers by name.
        workspace: The current call's when left out.

    Raises:
        StorageError: MLflow cannot be reached.
    """
    from mlflow.entities import Metric

    tracking = connect(workspace or context.workspace())
    mlflow_id = mlflow_runs.ensure(tracking, run_id)
    moment = int(time.time() * 1000)
    batch = []
    for name, value in metrics.items():
        key = (mlflow_id, mlflow_runs.metric_name(name))
        if key not in _logged:
            history = tracking.client.get_metric_history(*key)
            _logged[key] = max((metric.step for metric in history), default=-1)
        if step > _logged[key]:
            batch.append(Metric(key[1], float(value), moment, step))
            _logged[key] = step
    if batch:
        tracking.client.log_batch(mlflow_id, metrics=batch)
