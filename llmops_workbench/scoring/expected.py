"""The right answers of rows: which column holds them, and whether they can be chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

# The right answer of a row; several where any of them will do; None where there is none.
Expected = str | list[str] | None


def choose_target(
    target: str | None,
    roles: Mapping[str, str],
    columns: Sequence[str],
    own: Mapping[str, str] | None = None,
) -> str:
    """Decide which column holds the right answers.

    Args:
        target: What was asked for.
        roles: The roles of the dataset.
        columns: The columns of the dataset.
        own: The roles that the model was tuned with; they come before the dataset's.

    Raises:
        UsageError: Nothing says so, or it is no column; the nearest is given.
    """
    learned = (own or {}).get("target")
    answer = target or (learned if learned in columns else None)
    answer = answer or roles.get("target") or roles.get("completion") or roles.get("label")
    if answer is None:
        raise UsageError(
            "nothing says which column holds the right answers: give --target COLUMN, one of "
            f"{', '.join(columns)}"
        )
    if answer not in columns:
        raise UsageError(f"the dataset has no column '{answer}'; {did_you_mean(answer, columns)}")
    return answer


def right_answers(rows: Sequence[Mapping[str, Any]], column: str) -> list[Expected]:
    """Read the right answers of rows: text, several texts, or None where there is none."""
    from llmops_workbench.scoring.rows import as_text
    from llmops_workbench.text.words import is_missing

    found: list[Expected] = []
    for row in rows:
        value = row[column]
        if isinstance(value, list | tuple):
            several = [as_text(one) for one in value if not is_missing(one)]
            found.append(several or None)
        else:
            found.append(None if is_missing(value) else as_text(value))
    return found


def check_choices(choices: Sequence[str], expected: Sequence[Expected]) -> None:
    """Make sure that the right answers are among the choices.

    Raises:
        UsageError: There are fewer than two different choices, or no right answer is among them.
    """
    if len(set(choices)) < 2 or len(set(choices)) != len(choices):
        raise UsageError("choices need at least two different answers, as in --choices yes,no")
    offered = {choice.strip() for choice in choices}
    known = [[one] if isinstance(one, str) else one for one in expected if one is not None]
    outside = [several for several in known if not offered & {one.strip() for one in several}]
    if not outside:
        return
    example = outside[0][0]
    if len(outside) == len(known):
        raise UsageError(
            f"no right answer is among the choices {', '.join(choices)}; a row has '{example}', "
            f"{did_you_mean(example, choices)}"
        )
    context.warn(
        f"{len(outside)} rows have a right answer that is not among the choices, such as "
        f"'{example}': they count as wrong"
    )


def arrow_answers(expected: Sequence[Expected]) -> pa.Array:
    """Write right answers as an Arrow column: text, or lists where a row has several."""
    import pyarrow as pa

    if all(one is None or isinstance(one, str) for one in expected):
        return pa.array(expected, pa.string())
    lists = [[one] if isinstance(one, str) else one for one in expected]
    return pa.array(lists, pa.list_(pa.string()))
