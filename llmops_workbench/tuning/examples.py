"""From the rows of a dataset to the tokens that a trainer sees, with the loss where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, LLMOpsError, UsageError, did_you_mean
from llmops_workbench.models.prompting import build_prompt
from llmops_workbench.text.templates import variables

if TYPE_CHECKING:
    import pyarrow as pa

    from llmops_workbench.models.engine import Message, Prompt
    from llmops_workbench.models.tokens import PromptEncoder

# Tokens with this label carry no loss; it is what torch's cross entropy ignores.
NO_LOSS = -100

# How many failed rows are listed; all are counted.
LISTED = 20


@dataclass(frozen=True)
class Layout:
    """Which columns make prompt and answer.

    Attributes:
        template: The prompt's template, or None when a column holds the whole prompt.
        target: The column of the answers, for a template or a prompt column.
        prompt: The column that holds whole prompts.
        messages: The column that holds whole conversations; the last answer is learned.
        choices: The only answers that a row may have; empty for any.
    """

    template: str | list[dict[str, str]] | None = None
    target: str | None = None
    prompt: str | None = None
    messages: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that are read."""
        named = [self.target, self.prompt, self.messages]
        used = list(variables(self.template)) if self.template is not None else []
        return list(dict.fromkeys([*used, *(name for name in named if name)]))


@dataclass
class Examples:
    """Tokenised rows.

    Attributes:
        input_ids: One list of token ids a row.
        labels: As long as the ids; `NO_LOSS` where the prompt stands.
        failed: Row number and reason of those that could not be used.
    """

    input_ids: list[list[int]] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """All tokens, none of them padding."""
        return sum(len(ids) for ids in self.input_ids)

    @property
    def trained_tokens(self) -> int:
        """The tokens that carry loss."""
        return sum(sum(label != NO_LOSS for label in row) for row in self.labels)


def choose_layout(
    columns: Sequence[str],
    roles: dict[str, str],
    template: str | list[dict[str, str]] | None,
    target: str | None,
    choices: Sequence[str] = (),
) -> Layout:
    """Decide how rows become prompt and answer.

    Args:
        columns: What the dataset has.
        roles: Role to column, as the dataset version says.
        template: The prompt given, if any.
        target: The column of answers given, if any.
        choices: The answers to choose from, if any were given.

    Raises:
        UsageError: A named column is missing, nothing says what the answer is, the prompt holds
            the answer, or the choices are no choice.
    """
    if choices and (len(set(choices)) < 2 or len(set(choices)) < len(choices) or "" in choices):
        raise UsageError(f"choices are '{','.join(choices)}': give two or more different answers")
    if target is not None and target not in columns:
        raise UsageError(f"the dataset has no column '{target}'; {did_you_mean(target, columns)}")
    if template is not None:
        answer = target or roles.get("target") or roles.get("completion") or roles.get("label")
        if answer is None:
            raise UsageError(
                "nothing says which column holds the answers: give --target COLUMN, "
                f"one of {', '.join(columns)}"
            )
        layout = Layout(template=template, target=answer, choices=tuple(choices))
        if answer in variables(template):
            raise UsageError(
                f"the prompt shows '{answer}', which holds the answers: the model would learn to "
                "copy; leave {{" + answer + "}} out, or give another --target"
            )
    elif "messages" in roles and target is None:
        layout = Layout(messages=roles["messages"], choices=tuple(choices))
    elif "prompt" in roles and (target or "completion" in roles):
        layout = Layout(
            prompt=roles["prompt"],
            target=target or roles["completion"],
            choices=tuple(choices),
        )
    else:
        raise UsageError(
            "nothing says what the model is asked: give --prompt '… {{column}} …' with a column "
            f"of the dataset ({', '.join(columns)})"
        )
    for name in layout.columns:
        if name not in columns:
            raise UsageError(f"the dataset has no column '{name}'; {did_you_mean(name, columns)}")
    return layout


def tokenise(
    table: pa.Table, layout: Layout, encoder: PromptEncoder, max_tokens: int, label: str
) -> Examples:
    """Turn rows into tokens; a row that cannot be used is kept with its reason.

    Args:
        table: The rows, with the columns of the layout and `__row__`.
        layout: Which columns make prompt and answer.
        encoder: The tokenizer of the model to be tuned.
        max_tokens: A longer row is left out: cutting it would cut its answer.
        label: What is shown while it goes on.

    Returns:
        The usable rows in their order.

    Raises:
        DataError: No row is usable.
    """
    made = Examples()
    numbers = table.column("__row__").to_pylist()
    rows = table.select(layout.columns).to_pylist()
    with context.progress(label, total=len(rows), unit="rows") as bar:
        for number, row in zip(numbers, rows, strict=True):
            try:
                ids, labels = _row(row, layout, encoder, max_tokens)
            except LLMOpsError as error:
                made.failed.append((number, error.message))
            else:
                made.input_ids.append(ids)
                made.labels.append(labels)
            bar.advance()
    if not made.input_ids:
        reason = made.failed[0][1] if made.failed else "there are no rows"
        raise DataError(f"no row can be trained on: {reason}")
    if made.failed:
        context.warn(
            f"{len(made.failed)} of {len(rows)} rows were left out; "
            f"row {made.failed[0][0]}: {made.failed[0][1]}"
        )
    return made


def _row(
    row: dict[str, Any], layout: Layout, encoder: PromptEncoder, max_tokens: int
) -> tuple[list[int], list[int]]:
    prompt, answer = _prompt_and_answer(row, layout, encoder)
    if not answer.strip():
        raise DataError("its answer is empty")
    if layout.choices and answer not in layout.choices:
        raise DataError(f"its answer '{answer[:40]}' is none of {', '.join(layout.choices)}")
    boundary = encoder.split(prompt, [answer])[0]
    ids = [*boundary.prefix, *boundary.continuation, *end_tokens(encoder.tokenizer)]
    if len(ids) > max_tokens:
        raise DataError(f"it has {len(ids)} tokens, more than the limit of {max_tokens}")
    return ids, [NO_LOSS] * len(boundary.prefix) + ids[len(boundary.prefix) :]


def _prompt_and_answer(
    row: dict[str, Any], layout: Layout, encoder: PromptEncoder
) -> tuple[Prompt, str]:
    chat = bool(getattr(encoder.tokenizer, "chat_template", None))
    if layout.messages is not None:
        said = _turns(row[layout.messages])
        asked = said[:-1]
        prompt = asked if chat else "\n\n".join(turn["content"] for turn in asked)
        return prompt, said[-1]["content"]
    assert layout.target is not None
    for name in layout.columns:
        if row[name] is None or row[name] != row[name]:
            raise DataError(f"its '{name}' is missing")
    answer = str(row[layout.target])
    if layout.template is None:
        assert layout.prompt is not None
        return str(row[layout.prompt]), answer
    return build_prompt(layout.template, row, chat=chat), answer


def _turns(value: Any) -> list[Message]:
    """Read a conversation; its last turn is what the model learns to say."""
    turns = value if isinstance(value, list) else []
    said: list[Message] = []
    for turn in turns:
        content = turn.get("content") if isinstance(turn, dict) else None
        if not isinstance(content, str) or not isinstance(turn.get("role"), str):
            raise DataError("a turn of its conversation is no pair of role and content")
        said.append({"role": turn["role"], "content": content})
    if len(said) < 2 or said[-1]["role"] != "assistant":
        raise DataError("its conversation does not end with an answer of the assistant")
    return said


def end_tokens(tokenizer: Any) -> list[int]:
    """Give what ends an answer, so that the model learns to stop."""
    return [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
