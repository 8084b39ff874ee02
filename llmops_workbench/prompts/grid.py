"""The grid of a comparison: every prompt with every model on the same rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, JobError, UsageError
from llmops_workbench.prompts.report import Column, ComparisonReport
from llmops_workbench.prompts.uses import LEVEL
from llmops_workbench.scoring.answer_columns import answer_columns
from llmops_workbench.scoring.asking import (
    LIKELIHOOD,
    Answers,
    Question,
    ask_engine,
    remembered,
    score_answers,
)
from llmops_workbench.scoring.expected import (
    Expected,
    arrow_answers,
    check_choices,
    choose_target,
    right_answers,
)
from llmops_workbench.scoring.records import metric_score, paired_scores

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference
    from llmops_workbench.scoring.score import Score

SAMPLE_ROWS = 10


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
    if not models:
        raise UsageError("a comparison needs at least one model")
    for name in metrics:
        METRICS.get(name)
    known = [remembered(model) for model in models]
    prompts = list(dict.fromkeys(prompts)) or _own_prompts(models, known)
    choices = list(choices) or _own_choices(models, known)
    version = datasets.find(data)
    columns = [name for name in version.meta["columns"] if not name.startswith("__")]
    roles = datasets.roles(version)
    answer = choose_target(target, roles, columns, known[0].get("roles")) if metrics else None
    templates = {str(ref): kept_prompts.load(ref).template for ref in prompts}
    for template in templates.values():
        check_columns(template, columns)
    rows = datasets.load(data, limit=limit).to_pylist()
    if not rows:
        raise DataError(f"{data} has no rows")
    expected = right_answers(rows, answer) if answer is not None else None
    if choices and expected is not None and LIKELIHOOD in metrics:
        check_choices(choices, expected)
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
                answers = ask_engine(engine, f"{ref} × {model}", rows, question, expected)
                if len(answers.errors) == len(rows):
                    context.warn(f"{ref} × {model}: every row failed: {answers.errors[0]}")
                made.append((ref, model, answers))
    if all(len(answers.errors) == len(rows) for _, _, answers in made):
        raise JobError(f"every row failed for every variant: {made[0][2].errors[0]}")
    right: list[Expected] = expected if expected is not None else [None] * len(rows)
    scored = [score_answers(metrics, answers, right) for _, _, answers in made]
    table = [
        _column(ref, model, answers, scores, len(models))
        for (ref, model, answers), (scores, _) in zip(made, scored, strict=True)
    ]
    table = _compared(_told_apart(table), [scores for scores, _ in scored])
    differs = any(p < LEVEL for column in table for p in column.adjusted_p.values())
    return ComparisonReport(
        run_id=context.current().run_id,
        columns=table,
        data=str(data),
        target=answer,
        choices=choices,
        n=len(rows),
        calls=calls,
        differs=differs,
        more_rows={} if differs else _more_rows([scores for scores, _ in scored]),
        scorers_failed={
            f"{column.label}: {name}": why
            for column, (_, wrong) in zip(table, scored, strict=True)
            for name, why in wrong.items()
        },
        failed=sum(len(answers.errors) for _, _, answers in made),
        seconds=round(time.monotonic() - begun, 2),
        cells=_keep_cells(data, rows, right, made, [scores for scores, _ in scored]),
        sample=_sample(rows, right, made, table),
    )


def _own_prompts(
    models: Sequence[Reference], known: Sequence[Mapping[str, Any]]
) -> list[Reference]:
    """Give the prompts that the models were tuned with."""
    from llmops_workbench.tracking.catalogue import catalogue

    own = [one["prompt"] for one in known if one.get("prompt")]
    if not own:
        names = ", ".join(str(model) for model in models)
        raise UsageError(
            f"no prompt was given and {names} remember none: give --prompts, registered or as "
            "'… {{column}} …'"
        )
    return [catalogue().get(ref, "prompt").ref for ref in dict.fromkeys(own)]


def _own_choices(models: Sequence[Reference], known: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the choices that the models were tuned with, where they agree."""
    own = {
        tuple(one["choices"]): model
        for one, model in zip(known, models, strict=True)
        if one.get("choices")
    }
    if len(own) > 1:
        (first, one), (second, two) = list(own.items())[:2]
        raise UsageError(
            f"{one} chooses among {', '.join(first)} and {two} among {', '.join(second)}: "
            "say by --choices which they shall choose among here"
        )
    return list(next(iter(own), ()))


def _told_apart(table: Sequence[Column]) -> list[Column]:
    """Number labels that are the same, so that no column hides another."""
    seen: dict[str, int] = {}
    apart = []
    for column in table:
        seen[column.label] = seen.get(column.label, 0) + 1
        number = seen[column.label]
        label = column.label if number == 1 else f"{column.label} ({number})"
        apart.append(column.model_copy(update={"label": label}))
    return apart


def _column(
    prompt: Reference, model: Reference, answers: Answers, scores: Mapping[str, Score], models: int
) -> Column:
    import numpy as np

    known = zip(answers.seconds, answers.cached, strict=True)
    fresh = [seconds for seconds, cached in known if not cached]
    label = f"template {str(prompt.version)[7:13]}"
    if prompt.name:
        label = f"{prompt.name}@{prompt.version}"
    shown = model.name if model.external else f"{model.name}@{model.version}"
    return Column(
        label=f"{label} · {shown}" if models > 1 else label,
        prompt=str(prompt),
        model=str(model),
        failed=len(answers.errors),
        cached=answers.known,
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
            if not gaps:
                continue
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
    expected: Sequence[Expected],
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
            "row": [row["__row__"] for row in rows],
            "row_id": [row["__id__"] for row in rows],
            "expected": arrow_answers(expected),
            **answer_columns(answers, count),
            "seconds": pa.array(answers.seconds or nothing, pa.float64()),
            "cached": pa.array(answers.known_rows or nothing, pa.bool_()),
        }
        for name in sorted({name for each in scores for name in each}):
            values = own[name].rows if name in own else nothing
            cells[name] = pa.array(values, pa.float64())
        parts.append(pa.table(cells))
    parents = [str(data), *dict.fromkeys(str(ref) for pair in made for ref in pair[:2])]
    meta = {"made_by": "compare"}
    run_id = context.current().run_id
    table = pa.concat_tables(parts)
    return str(datasets.snapshot(table, parents=parents, meta=meta, run_id=run_id).ref)


def _sample(
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[Expected],
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
