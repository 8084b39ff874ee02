"""The operation `rollback`."""

from llmops_workbench.core.errors import ConflictError, UsageError, not_found
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AliasOf
from llmops_workbench.governance.promote import AliasMove


@operation(stage="governance")
def rollback(model: AliasOf, *, reason: str = "") -> AliasMove:
    """Point an alias back at the version that it pointed at before.

    Args:
        model: The model and its alias, as in model:triage@champion.
        reason: Why; it is kept with who did it.

    Raises:
        UsageError: No alias was given.
        NotFoundError: There is no such model or alias.
        ConflictError: The alias has never pointed at another version.

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
    earlier = _before(book.alias_history("model", given.name, alias), now[alias])
    if earlier is None:
        raise ConflictError(
            f"{model} has never pointed at another version than {now[alias]}: nothing to go back to"
        )
    version = book.get(f"model:{given.name}@{earlier}")
    return move(version, alias, action=decisions.ROLLBACK, gate=None, reason=reason.strip())


def _before(history: list[dict[str, object]], current: int) -> int | None:
    """Walk back through the moves to the version in use before the current one came.

    Two rollbacks go back two versions: a version that was rolled back from is not returned to.
    """
    stack: list[int] = []
    for entry in history:
        number = entry["version"]
        if not isinstance(number, int):
            continue
        if number in stack:
            del stack[stack.index(number) + 1 :]
        else:
            stack.append(number)
    if current in stack:
        del stack[stack.index(current) :]
    return stack[-1] if stack else None
