"""The operation `compare`."""

from typing import Annotated, Any

from pydantic import Field

from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef, MetricName, ModelRef, PromptRef
from llmops_workbench.prompts.report import ComparisonReport


@operation(stage="prompts", runs="job")
def compare(
    data: DatasetRef,
    *,
    models: list[ModelRef],
    prompts: list[PromptRef] = [],
    target: ColumnName | None = None,
    choices: list[str] = [],
    metrics: list[MetricName] = [],
    max_new_tokens: Annotated[int, Field(gt=0)] = 64,
    temperature: Annotated[float, Field(ge=0)] = 0.0,
    limit: Annotated[int | None, Field(gt=0)] = None,
    seed: int = 0,
    fresh: bool = False,
) -> ComparisonReport:
    """Answer the same rows with every prompt and model, and compare the answers honestly.

    Every prompt goes with every model. Answers are cached by weights, prompt and settings, so
    that a second look costs nothing. Columns are compared with the first one on the same rows;
    p-values are corrected for the number of comparisons (Benjamini and Hochberg). Rows that are
    compared here choose a prompt: a gate refuses to judge by them.

    Args:
        data: The rows.
        models: Which models answer.
        prompts: Registered prompts, or templates with {{column}}; by default those that the
            models were tuned with.
        target: The column of right answers, for the metrics; by default the one that the first
            model was tuned with, or whose role is target.
        choices: Answers to choose among by likelihood, for the metric accuracy; by default those
            that the models were tuned with.
        metrics: What to score by; none only shows the answers.
        max_new_tokens: The longest answer in tokens.
        temperature: 0 decodes greedily.
        limit: Use only the first rows.
        seed: Fixes what is drawn at a temperature above 0.
        fresh: Ask again even where the answer is known.

    Raises:
        UsageError: A column is missing, or metrics were given without right answers.
        NotFoundError: A reference or a metric names nothing.
        JobError: No row could be answered by any of the variants.

    Example:
        llmops compare reviews@1#validation --prompts short,long --models smollm2
            --choices positive,negative --metrics accuracy,exact_match
    """
    from llmops_workbench.prompts import grid

    return grid.run(
        data,
        prompts,
        models,
        target=target,
        choices=choices,
        metrics=metrics,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        limit=limit,
        seed=seed,
        cached=not fresh,
    )


def plan(arguments: dict[str, Any]) -> dict[str, Any]:
    """Say what a call would do: the variants, the answers, and about how long.

    Args:
        arguments: All of them, as a form holds them; references need not be pinned.
    """
    from llmops_workbench.execution import planning
    from llmops_workbench.execution.planning import counted

    prompts, models = len(arguments["prompts"]) or 1, len(arguments["models"])
    rows = planning.rows_of(arguments["data"], arguments["limit"])
    shape = f"{counted(prompts, 'prompt')} × {counted(models, 'model')}"
    if rows is None:
        return planning.plan(f"{shape} × the rows of {arguments['data']}")
    calls = prompts * models * rows
    like = {"models": planning.pinned(arguments["models"], "model")}
    each, runs = planning.pace("compare", like, lambda result: result.get("calls"))
    return planning.plan(
        f"{shape} × {counted(rows, 'row')} = {counted(calls, 'answer')}, less those that are known",
        rows=rows,
        calls=calls,
        seconds=None if each is None else each * calls,
        estimated_from=runs,
    )
