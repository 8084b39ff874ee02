"""The operation `promote`."""

from typing import Any, ClassVar

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
        refused_by: The id of the gate's decision that was overruled by a reason, if any.
        reason: Why there was no gate, or why it was rolled back.
    """

    view: ClassVar[str] = "record"

    ref: Volatile[str]
    hash: Volatile[str]
    alias: str
    previous: Volatile[str | None] = None
    decision: Volatile[int]
    gate: Volatile[int | None] = None
    refused_by: Volatile[int | None] = None
    reason: str = ""


@operation(stage="governance")
def promote(model: ModelRef, *, to: str, without_gate: str = "") -> AliasMove:
    """Point an alias at a model version that has passed its gate.

    The newest decision about this exact version counts: a gate that refused it after another one
    let it through stands. Without a passed gate the move needs a reason, which is kept with who
    gave it.

    Args:
        model: The version.
        to: The alias, such as champion.
        without_gate: Why it may go on without a gate.

    Raises:
        UsageError: The version has passed no gate and no reason was given, or the alias cannot be
            one.
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
    reason = without_gate.strip()

    def decide(gate: dict[str, Any] | None, before: int | None) -> dict[str, Any]:
        if decisions.has_passed(gate):
            assert gate is not None
            return {"gate": int(gate["id"]), "reason": reason}
        if not reason:
            raise UsageError(_refusal(str(version.ref), gate))
        return {
            "gate": None,
            "reason": reason,
            "refused_by": int(gate["id"]) if gate is not None else None,
        }

    moved = move(version, to, action=decisions.PROMOTE, decide=decide)
    if moved.gate is None:
        refused = " although its newest gate refused it" if moved.refused_by else ""
        context.warn(f"{version.ref} goes on without a gate{refused}: {reason}")
    return moved


def _refusal(ref: str, gate: dict[str, Any] | None) -> str:
    if gate is None:
        return (
            f"{ref} has passed no gate: run 'llmops gate' on its evaluation, or give "
            "--without-gate REASON"
        )
    broken = [rule["rule"] for rule in gate["payload"]["rules"] if not rule["passed"]]
    return (
        f"the newest gate refused {ref} ({'; '.join(broken)}): let it pass a gate, or give "
        "--without-gate REASON"
    )
