"""The grid of a comparison: every prompt with every model on the same rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, JobError, UsageError
from llmops_workbench.prompts.report import Column, ComparisonReport
from llmops_workbench.scoring.asking import (
    LIKELIHOOD,
    Answers,
    Question,
    ask_engine,
    choose_target,
    score_answers,
)
from llmops_workbench.scoring.records import metric_score, paired_scores

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference
    from llmops_workbench.scoring.score import Score

SAMPLE_ROWS = 10
# The chance of a false difference that a comparison accepts, over all its columns.
LEVEL = 0.05


def run(
    data: Reference,
    prompts: Sequence[Reference],
    models: Sequence[Reference],
    *,
    target: str | None,
    choices: Sequence[str],
    metrics: Sequence[str],
    max_new_tokens: int,
    temperature: float,
    limit: int | None,
    seed: int,
    cached: bool,
) -> ComparisonReport:
    """Compare as the operation says."""
    from llmops_workbench.models.sources import open_model
    from llmops_workbench.scoring.answers import check_columns
    from llmops_workbench.scoring.metric import METRICS
    from llmops_workbench.tracking import datasets
    from llmops_workbench.tracking import prompts as kept_prompts

    begun = time.monotonic()
    if not prompts or not models:
        raise UsageError("a comparison needs at least one prompt and one model")
    for name in metrics:
        METRICS.get(name)
    version = datasets.find(data)
    columns = [name for name in version.meta["columns"] if not name.startswith("__")]
    answer = choose_target(target, datasets.roles(version), columns) if metrics else None
    templates = {str(ref): kept_prompts.load(ref).template for ref in prompts}
    for template in templates.values():
        check_columns(template, columns)
    rows = datasets.load(data, limit=limit).to_pylist()
    if not rows:
        raise DataError(f"{data} has no rows")
    expected = [None if answer is None or row[answer] is None else str(row[answer]) for row in rows]
    calls = len(rows) * len(prompts) * len(models)
    context.emit("plan", prompts=len(prompts), models=len(models), rows=len(rows), calls=calls)
    made: list[tuple[Reference, Reference, Answers]] = []
    for model in models:
        # One model at a time in memory; its prompts share it.
        with open_model(model) as engine:
            for ref in prompts:
                question = Question(
                    template=templates[str(ref)],
                    choices=tuple(choices) if LIKELIHOOD in metrics else (),
                    generates=not choices or not metrics or any(m != LIKELIHOOD for m in metrics),
                    max_new_tokens=max_new_tokens,
                    temperature=temperature,
                    seed=seed,
                    cached=cached,
                )
                answers = ask_engine(engine, f"{ref} × {model}", rows, question)
                if len(answers.errors) == len(rows):
                    raise JobError(f"{ref} × {model}: every row failed: {answers.errors[0]}")
                made.append((ref, model, answers))
    scored = [score_answers(metrics, answers, expected) for _, _, answers in made]
    table = [
        _column(ref, model, answers, scores, len(models))
        for (ref, model, answers), (scores, _) in zip(made, scored, strict=True)
    ]
    table = _compared(table, [scores for scores, _ in scored])
    differs = any(p < LEVEL for column in table for p in column.adjusted_p.values())
    return ComparisonReport(
        run_id=context.current().run_id,
        columns=table,
        data=str(data),
        target=answer,
        n=len(rows),
        calls=calls,
        differs=differs,
        more_rows={} if differs else _more_rows([scores for scores, _ in scored]),
        scorers_failed={name: why for _, wrong in scored for name, why in wrong.items()},
        failed=sum(len(answers.errors) for _, _, answers in made),
        seconds=round(time.monotonic() - begun, 2),
        cells=_keep_cells(data, rows, expected, made, [scores for scores, _ in scored]),
        sample=_sample(rows, expected, made, table),
    )


def _column(
    prompt: Reference, model: Reference, answers: Answers, scores: Mapping[str, Score], models: int
) -> Column:
    import numpy as np

    known = zip(answers.seconds, answers.cached, strict=True)
    fresh = [seconds for seconds, cached in known if not cached]
    name = f"{prompt.name or str(prompt.version)[:14]}@{prompt.version}" if prompt.name else ""
    label = name or f"template {str(prompt.version)[7:13]}"
    return Column(
        label=f"{label} · {model.name}@{model.version}" if models > 1 else label,
        prompt=str(prompt),
        model=str(model),
        failed=len(answers.errors),
        cached=sum(answers.cached),
        prompt_tokens=sum(answers.prompt_tokens),
        new_tokens=sum(answers.new_tokens),
        p50_seconds=round(float(np.percentile(fresh, 50)), 4) if fresh else None,
        p95_seconds=round(float(np.percentile(fresh, 95)), 4) if fresh else None,
        metrics={name: metric_score(score) for name, score in scores.items()},
    )


def _compared(table: list[Column], scores: Sequence[Mapping[str, Score]]) -> list[Column]:
    """Pair every column with the first, and correct over all that was compared."""
    from llmops_workbench.scoring.statistics.multiple import benjamini_hochberg

    pairs = [{}, *(paired_scores(own, scores[0]) for own in scores[1:])]
    places = [(number, name) for number, own in enumerate(pairs) for name in own]
    adjusted = benjamini_hochberg([pairs[number][name].p for number, name in places])
    corrected: list[dict[str, float]] = [{} for _ in pairs]
    for (number, name), p in zip(places, adjusted, strict=True):
        corrected[number][name] = p
    return [
        column.model_copy(update={"paired": own, "adjusted_p": fixed})
        for column, own, fixed in zip(table, pairs, corrected, strict=True)
    ]


def _more_rows(scores: Sequence[Mapping[str, Score]]) -> dict[str, int]:
    """Say how many rows the largest observed difference would take, by metric."""
    import numpy as np

    from llmops_workbench.scoring.statistics.power import rows_to_see

    needed: dict[str, int] = {}
    for name, first in scores[0].items():
        best: int | None = None
        for other in scores[1:]:
            if name not in other:
                continue
            gaps = [
                one - two
                for one, two in zip(other[name].rows, first.rows, strict=True)
                if one is not None and two is not None
            ]
            spread, mean = float(np.std(gaps)), float(np.mean(gaps))
            if mean and spread:
                rows = rows_to_see(abs(mean), spread)
                best = rows if best is None else min(best, rows)
        if best is not None:
            needed[name] = best
    return needed


def _keep_cells(
    data: Reference,
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[str | None],
    made: Sequence[tuple[Reference, Reference, Answers]],
    scores: Sequence[Mapping[str, Score]],
) -> str:
    """Keep every answer, one line a cell, so that the grid opens again without asking."""
    import pyarrow as pa

    from llmops_workbench.tracking import datasets

    parts = []
    count = len(rows)
    nothing: list[Any] = [None] * count
    for number, ((prompt, model, answers), own) in enumerate(zip(made, scores, strict=True), 1):
        cells: dict[str, Any] = {
            "column": [number] * count,
            "prompt": [str(prompt)] * count,
            "model": [str(model)] * count,
            "row_id": [row["__id__"] for row in rows],
            "expected": pa.array(expected, pa.string()),
            "answer": pa.array(answers.written or nothing, pa.string()),
            "choice": pa.array(answers.chosen or nothing, pa.string()),
            "error": pa.array([answers.errors.get(at) for at in range(count)], pa.string()),
            "new_tokens": pa.array(answers.new_tokens or nothing, pa.int64()),
            "seconds": pa.array(answers.seconds or nothing, pa.float64()),
        }
        for name in sorted({name for each in scores for name in each}):
            values = own[name].rows if name in own else nothing
            cells[name] = pa.array(values, pa.float64())
        parts.append(pa.table(cells))
    parents = [str(data), *dict.fromkeys(str(ref) for pair in made for ref in pair[:2])]
    meta = {"made_by": "compare"}
    return str(datasets.snapshot(pa.concat_tables(parts), parents=parents, meta=meta).ref)


def _sample(
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[str | None],
    made: Sequence[tuple[Reference, Reference, Answers]],
    table: Sequence[Column],
) -> list[dict[str, Any]]:
    shown = []
    for place, row in enumerate(rows[:SAMPLE_ROWS]):
        line = {key: value for key, value in row.items() if not key.startswith("__")}
        if expected[place] is not None:
            line["expected"] = expected[place]
        for column, (_, _, answers) in zip(table, made, strict=True):
            said = (answers.written or answers.chosen)[place]
            line[column.label] = said if said is not None else f"failed: {answers.errors[place]}"
        shown.append(line)
    return shown
