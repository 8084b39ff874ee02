"""The operation `evaluate`."""

from typing import Annotated, Any

from pydantic import Field

from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef, MetricName, ModelRef, PromptRef
from llmops_workbench.evaluation.report import EvaluationReport


@operation(stage="evaluation", runs="job")
def evaluate(
    model: ModelRef,
    data: DatasetRef,
    *,
    baseline: ModelRef | None = None,
    prompt: PromptRef | None = None,
    target: ColumnName | None = None,
    choices: list[str] = [],
    metrics: list[MetricName] = ["exact_match"],
    slices: list[ColumnName] = [],
    max_new_tokens: Annotated[int, Field(gt=0)] = 64,
    limit: Annotated[int | None, Field(gt=0)] = None,
    max_failed: Annotated[float, Field(ge=0, le=1)] = 1.0,
    fresh: bool = False,
) -> EvaluationReport:
    """Score a model on a dataset, with intervals, paired with a baseline on the same rows.

    `accuracy` with choices compares how likely the model finds each choice, so that it needs no
    format: it shows skill. The other metrics read what the model writes: format and skill. The
    baseline is asked in the same way, with the same prompt.

    Args:
        model: Which model answers.
        data: Which rows; `name@3#test` takes one split.
        baseline: Another model to compare with.
        prompt: A registered prompt or a template with {{column}}; by default the one that the
            model was tuned with.
        target: The column of right answers; by default the one that the model was tuned with, or
            whose role is target.
        choices: The answers to choose among; by default those that the model was tuned with.
        metrics: What to score by.
        slices: Columns by whose values the scores are also given.
        max_new_tokens: The longest answer in tokens.
        limit: Use only the first rows; all when left out.
        max_failed: The largest share of failed rows; with more the evaluation itself fails. A row
            without a right answer has failed, too.
        fresh: Ask again even where the answer is known.

    Raises:
        UsageError: A column is missing, no right answer is among the choices, or nothing says
            what is asked.
        NotFoundError: A reference or a metric names nothing; the nearest is given.
        JobError: Too many rows failed, or no metric could be computed.

    Example:
        llmops evaluate --model triage@champion --data support@3#test --baseline smollm2
            --metrics accuracy,exact_match
    """
    from llmops_workbench.evaluation import session

    return session.run(
        model,
        data,
        baseline=baseline,
        prompt=prompt,
        target=target,
        choices=choices,
        metrics=metrics,
        slices=slices,
        max_new_tokens=max_new_tokens,
        limit=limit,
        max_failed=max_failed,
        cached=not fresh,
    )


def plan(arguments: dict[str, Any]) -> dict[str, Any]:
    """Say what a call would do: the rows, the answers, and about how long.

    Args:
        arguments: All of them, as a form holds them; references need not be pinned.
    """
    from llmops_workbench.execution import planning
    from llmops_workbench.execution.planning import counted

    rows = planning.rows_of(arguments["data"], arguments["limit"])
    models = [arguments["model"], *([arguments["baseline"]] if arguments["baseline"] else [])]
    if rows is None:
        return planning.plan(f"ask {' and '.join(models)} about the rows of {arguments['data']}")
    like = {
        name: planning.pinned(arguments[name], "model") if arguments[name] else None
        for name in ("model", "baseline")
    }
    each, runs = planning.pace("evaluate", like, lambda result: result.get("n"))
    return planning.plan(
        f"{counted(rows, 'row')} of {arguments['data']} asked of {' and '.join(models)}",
        rows=rows,
        calls=rows * len(models),
        seconds=None if each is None else each * rows,
        estimated_from=runs,
    )
