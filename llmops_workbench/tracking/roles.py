"""What the columns of a dataset are for: given by a recipe, or guessed once from their names."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import UsageError, did_you_mean
from llmops_workbench.tracking.tables import IDENTITY, SPLIT

if TYPE_CHECKING:
    import pyarrow as pa

ROLES = (
    "input",
    "target",
    "context",
    "messages",
    "prompt",
    "completion",
    "chosen",
    "rejected",
    "id",
    "group",
    "label",
)

#: The names that a role is usually given, the surest first.
USUAL_NAMES = {
    "messages": ("messages", "conversation", "conversations", "chat"),
    "prompt": ("prompt", "instruction"),
    "completion": ("completion", "response", "output"),
    "chosen": ("chosen",),
    "rejected": ("rejected",),
    "context": ("context", "passage", "documents"),
    "input": (
        "input",
        "text",
        "question",
        "query",
        "sentence",
        "utterance",
        "review",
        "document",
        "content",
        "body",
        "message",
    ),
    "target": (
        "target",
        "label",
        "answer",
        "answers",
        "output",
        "response",
        "summary",
        "sentiment",
        "intent",
        "category",
        "class",
        "expected",
        "reference",
    ),
    "id": ("id", "uuid", "row_id", "example_id"),
    "group": ("group", "group_id", "cluster", "conversation_id", "user_id"),
}


def guess_roles(table: "pa.Table") -> dict[str, str]:
    """Guess roles from names and types, each column at most once.

    Args:
        table: The table; only its schema is looked at.

    Returns:
        Role to column; only the roles that some column fits.
    """
    import pyarrow as pa

    folded = {
        name.casefold(): name
        for name in reversed(table.column_names)
        if name not in IDENTITY and name != SPLIT
    }
    guessed: dict[str, str] = {}
    for role, usual in USUAL_NAMES.items():
        free = (folded[name] for name in usual if name in folded)
        column = next((name for name in free if name not in guessed.values()), None)
        if column is not None and (role != "messages" or _is_chat(table.schema.field(column).type)):
            guessed[role] = column
    if "prompt" not in guessed and "completion" in guessed:
        # An output without a prompt is the answer to an input, not one half of a pair.
        guessed["target"] = guessed.pop("completion")
    if "prompt" in guessed and not {"completion", "chosen", "input"} & guessed.keys():
        guessed["input"] = guessed.pop("prompt")
    if not {"input", "prompt", "messages", "chosen"} & guessed.keys():
        texts = [
            field.name
            for field in table.schema
            if pa.types.is_string(field.type)
            and field.name in folded.values()
            and field.name not in guessed.values()
        ]
        if len(texts) == 1:
            guessed["input"] = texts[0]
    return {role: guessed[role] for role in ROLES if role in guessed}


def check_roles(roles: Mapping[str, str], columns: Iterable[str]) -> dict[str, str]:
    """Check that roles exist and point at columns that exist.

    Raises:
        UsageError: a role or a column is unknown; says the nearest.
    """
    columns = list(columns)
    for role, column in roles.items():
        if role not in ROLES:
            msg = f"there is no role '{role}'; {did_you_mean(role, ROLES, limit=len(ROLES))}"
            raise UsageError(msg)
        if column not in columns:
            msg = f"the role '{role}' names no column '{column}'; {did_you_mean(column, columns)}"
            raise UsageError(msg)
    return {role: roles[role] for role in ROLES if role in roles}


def _is_chat(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return False
    names = {field.name for field in kind.value_type}
    return bool(names & {"content", "value"}) and bool(names & {"role", "from"})
