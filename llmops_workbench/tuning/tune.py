"""The operation `tune`."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import (
    ColumnName,
    DatasetRef,
    ModelRef,
    PromptRef,
    Reference,
    check_name,
)
from llmops_workbench.tuning.report import TuneReport

# Enough rows to see the loss within a few percent; more would cost more than the training.
VALIDATION_ROWS = 64


@operation(stage="tuning", runs="job", saves=True)
def tune(
    model: ModelRef,
    data: DatasetRef,
    *,
    name: str,
    prompt: PromptRef | None = None,
    target: ColumnName | None = None,
    choices: list[str] = [],
    validation: DatasetRef | None = None,
    method: Literal["lora", "full"] = "lora",
    rank: Annotated[int, Field(gt=0, le=512)] = 16,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    learning_rate: Annotated[float | None, Field(gt=0)] = None,
    epochs: Annotated[float, Field(gt=0)] = 3.0,
    steps: Annotated[int | None, Field(gt=0)] = None,
    rows_per_step: Annotated[int, Field(gt=0)] = 16,
    max_tokens: Annotated[int, Field(gt=8)] = 1024,
    limit: Annotated[int | None, Field(gt=0)] = None,
    checkpoints: Annotated[int, Field(gt=0)] = 3,
    seed: int = 0,
    threads: Annotated[int, Field(gt=0)] = 1,
) -> TuneReport:
    """Fine-tune a model on prompts and answers, as a job that can be stopped and resumed.

    The loss is on the answers alone. Rows are packed without seeing each other. An adapter
    (`lora`) or new weights (`full`) become a version of the model NAME, which remembers its base,
    its data, its prompt and its choices, so that `evaluate`, `compare` and `serve` use them.

    Args:
        model: Which model to start from; an adapter goes on as an adapter.
        data: What to learn from. Of a version with splits, the split `train` is used, and
            `validation` for the validation loss.
        name: What to call the tuned model.
        prompt: A registered prompt or a template with {{column}}; without one the roles of the
            data say what is asked.
        target: The column that holds the answers; by default the one whose role is target.
        choices: The answers to choose from, when there are only a few; they are remembered, and a
            row with another answer is left out.
        validation: Other rows to measure the loss on; at most 64 of them are drawn.
        method: Train an adapter on all linear layers, or all weights.
        rank: Rank of the adapter.
        dropout: Share of the adapter's input that is dropped while training.
        learning_rate: Step size of AdamW; 5e-4 for an adapter and 5e-5 for all weights.
        epochs: How often each row is seen.
        steps: Stop after so many optimizer steps instead.
        rows_per_step: Rows that one optimizer step sees, about.
        max_tokens: A row with more tokens, or more than the model can read, is left out and
            counted as failed.
        limit: Use only the first rows.
        checkpoints: How often the state is kept and the validation loss measured.
        seed: Fixes the adapter's first values and the order of the rows.
        threads: Threads that compute; more than one gains only on idle cores.

    Raises:
        UsageError: A column is missing, nothing says what is asked and answered, or the rows are
            kept for the test.
        DataError: No row can be used.
        NotFoundError: A reference names nothing.
        UntrustedError: The base has pickled weights or code of its own.
        StorageError: The disk is full; the last whole checkpoint is kept.

    Example:
        llmops tune --model smollm2 --data reviews@1 --target label --name triage
            --prompt 'Is this review positive or negative? {{text}}'
    """
    from llmops_workbench.tuning import session

    check_name(name, "model")
    settings: dict[str, Any] = {
        "method": method,
        "rank": rank,
        "dropout": dropout,
        "learning_rate": learning_rate,
        "epochs": epochs,
        "max_steps": steps,
        "rows_per_step": rows_per_step,
        "checkpoints": checkpoints,
        "seed": seed,
        "threads": threads,
    }
    learned, measured = _splits(data, validation)
    context.emit("log", message=f"tuning {model} on {learned}")
    return session.run(
        model,
        learned,
        measured,
        name=name,
        prompt=prompt,
        target=target,
        choices=choices,
        settings=settings,
        max_tokens=max_tokens,
        limit=limit,
        validation_limit=VALIDATION_ROWS,
    )


def plan(arguments: dict[str, Any]) -> dict[str, Any]:
    """Say what a call would do: the rows, the optimizer steps, and about how long.

    Args:
        arguments: All of them, as a form holds them; references need not be pinned.

    Raises:
        UsageError: The rows cannot be learned from.
    """
    import math

    from llmops_workbench.core.references import parse
    from llmops_workbench.execution import planning
    from llmops_workbench.execution.planning import counted

    rows = planning.rows_of(arguments["data"])
    steps = arguments["steps"]
    if rows is None:
        return planning.plan(
            f"tune {arguments['model']} on the rows of {arguments['data']}", steps=steps
        )
    validation = arguments["validation"]
    learned, measured = _splits(
        parse(arguments["data"], "dataset"), parse(validation, "dataset") if validation else None
    )
    rows = planning.rows_of(str(learned), arguments["limit"]) or 0
    steps = steps or max(1, math.ceil(rows * arguments["epochs"] / arguments["rows_per_step"]))
    like = {
        "model": planning.pinned(arguments["model"], "model"),
        **{name: arguments[name] for name in ("method", "rows_per_step")},
    }
    each, runs = planning.pace("tune", like, lambda result: result.get("steps"))
    # How rows fill the packs that a step sees is known only once they are tokens.
    about = "" if arguments["steps"] else "about "
    text = f"{about}{counted(steps, 'step')} on {counted(rows, 'row')} of {learned}"
    if measured is not None:
        text += f", measured on {measured}"
    return planning.plan(
        text,
        rows=rows,
        steps=steps,
        seconds=None if each is None else each * steps,
        estimated_from=runs,
    )


def _splits(data: Reference, validation: Reference | None) -> tuple[Reference, Reference | None]:
    """Choose the rows to learn from and to measure on; never any that are kept for the test."""
    from llmops_workbench.tracking import datasets

    splits = datasets.splits(data)
    learned = _split(data, "train")
    if validation is not None:
        measured: Reference | None = _split(validation, "validation")
    elif data.split is None and "validation" in splits:
        measured = replace(data, split="validation")
    else:
        measured = None
    if measured == learned:
        raise UsageError(f"{measured} is learned, so that its loss says nothing: give other rows")
    return learned, measured


def _split(data: Reference, wanted: str) -> Reference:
    """Take the split that is wanted, when there are splits and none was named."""
    from llmops_workbench.tracking import datasets

    if data.split is not None:
        if data.split == "test":
            raise UsageError(f"{data} is kept for the test: give another split to learn from")
        return data
    splits = datasets.splits(data)
    if not splits:
        return data
    if wanted not in splits:
        offered = ", ".join(f"{data}#{name}" for name in splits if name != "test")
        raise UsageError(f"{data} has splits, but none called {wanted}: give one of {offered}")
    return replace(data, split=wanted)
