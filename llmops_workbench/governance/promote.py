"""The operation `promote`."""

from typing import ClassVar

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ModelRef
from llmops_workbench.core.results import Result, Volatile


class AliasMove(Result):
    """An alias that points at another version now.

    Attributes:
        ref: The version that it points at.
        alias: The alias.
        previous: The version that it pointed at before, if any.
        decision: The id of the audit event that keeps the move.
        gate: The id of the gate's decision that allowed it; None without a gate.
        reason: Why there was no gate, or why it was rolled back.
    """

    view: ClassVar[str] = "record"

    ref: Volatile[str]
    hash: Volatile[str]
    alias: str
    previous: Volatile[str | None] = None
    decision: Volatile[int]
    gate: Volatile[int | None] = None
    reason: str = ""


@operation(stage="governance")
def promote(model: ModelRef, *, to: str, without_gate: str = "") -> AliasMove:
    """Point an alias at a model version that has passed its gate.

    The newest decision about this exact version counts. Without one the move needs a reason,
    which is kept with who gave it.

    Args:
        model: The version.
        to: The alias, such as champion.
        without_gate: Why it may go on without a gate.

    Raises:
        UsageError: The version has passed no gate, and no reason was given.
        NotFoundError: There is no such version.

    Example:
        llmops promote model:triage@2 --to champion
    """
    from llmops_workbench.governance.moving import move
    from llmops_workbench.tracking import decisions
    from llmops_workbench.tracking.catalogue import catalogue

    if model.external:
        raise UsageError(f"'{model.name}' is not registered: only a registered version has aliases")
    version = catalogue().get(model)
    passed = decisions.passed_gate(version.ref, version.hash)
    reason = without_gate.strip()
    if passed is None and not reason:
        raise UsageError(
            f"{version.ref} has passed no gate: run 'llmops gate' on its evaluation, or give "
            "--without-gate REASON"
        )
    if passed is None:
        context.warn(f"{version.ref} goes on without a gate: {reason}")
    return move(
        version,
        to,
        action=decisions.PROMOTE,
        gate=int(passed["id"]) if passed is not None else None,
        reason="" if passed is not None else reason,
    )
