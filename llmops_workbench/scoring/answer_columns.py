"""A model's answers as columns of a table that a run keeps, so that nobody has to ask again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from llmops_workbench.models.engine import Prompt
    from llmops_workbench.scoring.asking import Answers


def answer_columns(answers: Answers, count: int) -> dict[str, pa.Array]:
    """Write down what a model was asked and what it said; the same columns in every table.

    Args:
        answers: Of one model.
        count: Rows; a column that the answers lack has this many empty places.

    Returns:
        `sent` (the turns that the model was asked), `answer` (what it wrote), `choice` (the
        likeliest of the choices), `error` (why the row failed), `prompt_tokens` and `new_tokens`.
    """
    import pyarrow as pa

    nothing: list[Any] = [None] * count
    return {
        "sent": turns(answers.sent or nothing),
        "answer": pa.array(answers.written or nothing, pa.string()),
        "choice": pa.array(answers.chosen or nothing, pa.string()),
        "error": pa.array([answers.errors.get(at) for at in range(count)], pa.string()),
        "prompt_tokens": pa.array(answers.prompt_tokens or nothing, pa.int64()),
        "new_tokens": pa.array(answers.new_tokens or nothing, pa.int64()),
    }


def turns(prompts: Sequence[Prompt | None]) -> pa.Array:
    """Write prompts as lists of turns; a plain text is one turn that nobody says."""
    import pyarrow as pa

    kind = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    return pa.array([_turns(prompt) for prompt in prompts], kind)


def _turns(prompt: Prompt | None) -> list[dict[str, str | None]] | None:
    if prompt is None:
        return None
    if isinstance(prompt, str):
        return [{"role": None, "content": prompt}]
    return [{"role": turn["role"], "content": turn["content"]} for turn in prompt]
