"""The operation `rollback`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import ConflictError, NotFoundError, UsageError, not_found
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AliasOf
from llmops_workbench.governance.promote import AliasMove


@operation(stage="governance")
def rollback(model: AliasOf, *, reason: str = "") -> AliasMove:
    """Point an alias back at the version that it pointed at before.

    Rolling back again goes back further; a version that was rolled back from is not returned to.

    Args:
        model: The model and its alias, as in model:triage@champion.
        reason: Why; it is kept with who did it.

    Raises:
        UsageError: No alias was given.
        NotFoundError: There is no such model or alias.
        ConflictError: The alias has never pointed at another version that is still there, or
            somebody moved it at the same moment.

    Example:
        llmops rollback model:triage@champion --reason 'wrong answers on refunds'
    """
    from llmops_workbench.core.references import parse
    from llmops_workbench.governance.moving import move
    from llmops_workbench.tracking import decisions
    from llmops_workbench.tracking.catalogue import catalogue

    given = parse(model, "model")
    alias = given.version
    if alias is None or given.pinned:
        raise UsageError(f"'{model}' names no alias: write model:NAME@ALIAS")
    book = catalogue()
    now = book.aliases("model", given.name)
    if alias not in now:
        book.get(given)
        raise not_found(f"alias of model:{given.name}", alias, now)
    current = now[alias]
    earlier = walk_back(book.alias_history("model", given.name, alias), decisions.rollback_runs())
    for number in earlier:
        try:
            version = book.get(f"model:{given.name}@{number}")
            break
        except NotFoundError:
            context.warn(f"model:{given.name}@{number} was removed: going back further")
    else:
        raise ConflictError(
            f"{given} has pointed at no other version than {current} that is still there: "
            "nothing to go back to"
        )

    def decide(gate: dict[str, Any] | None, before: int | None) -> dict[str, Any]:
        if before != current:
            raise ConflictError(
                f"{given} was moved from {current} to {before} at this moment: look again"
            )
        return {"gate": None, "reason": reason.strip()}

    return move(version, alias, action=decisions.ROLLBACK, decide=decide)


def walk_back(history: Sequence[Mapping[str, Any]], rolled_back: Collection[str]) -> list[int]:
    """List the versions that an alias would go back to, the nearest first.

    Args:
        history: The alias's moves, the oldest first, each with `version` and `run_id`.
        rolled_back: The runs that were rollbacks: they undo a move, the others add one.

    Returns:
        The numbers below the one that the alias points at now, each once.
    """
    stack: list[int] = []
    for entry in history:
        number = entry["version"]
        if number is None:  # taken away; setting it again is a move of its own
            continue
        if entry["run_id"] in rolled_back and number in stack:
            while stack[-1] != number:
                stack.pop()
        else:
            stack.append(number)
    return [number for number in dict.fromkeys(reversed(stack)) if number != stack[-1]]
