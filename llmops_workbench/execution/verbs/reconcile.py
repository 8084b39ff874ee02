"""The operation `reconcile`."""

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile


class ReconcileReport(Result):
    """What the store and MLflow told each other.

    Attributes:
        sent: Changes of the workbench that MLflow has now.
        waiting: Changes that could not be sent yet.
        runs: Runs that MLflow's own clients made or changed.
        versions: Model and prompt versions that they made or changed.
        aliases: Aliases that they moved.
    """

    sent: Volatile[int]
    waiting: int
    runs: Volatile[int]
    versions: Volatile[int]
    aliases: Volatile[int]


@operation(stage="everywhere", records=False)
def reconcile() -> ReconcileReport:
    """Bring the workspace and MLflow in step, both ways.

    What was recorded here and not sent yet goes to MLflow; what was changed there by MLflow's own
    clients (runs, versions, aliases, tags) comes into the lists. Recorded operations do this as
    they end; it is needed only after changes that were made in MLflow itself.

    Raises:
        StorageError: MLflow cannot be reached.

    Example:
        llmops reconcile
    """
    from llmops_workbench.tracking import outbox
    from llmops_workbench.tracking import reconcile as reconciling

    workspace = context.workspace()
    sent = outbox.drain(workspace)
    found = reconciling.reconcile(workspace)
    return ReconcileReport(
        sent=sent.projected,
        waiting=sent.waiting,
        runs=found.runs,
        versions=found.versions,
        aliases=found.aliases,
        failed=sent.failed,
    )
