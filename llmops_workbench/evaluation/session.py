"""One evaluation: ask candidate and baseline, score, pair, slice, keep every row."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, JobError, UsageError, did_you_mean
from llmops_workbench.evaluation.report import EvaluationReport, SliceScore
from llmops_workbench.scoring.asking import (
    LIKELIHOOD,
    Answers,
    Question,
    ask,
    choose_prompt,
    choose_target,
    read_by,
    remembered,
    score_answers,
)
from llmops_workbench.scoring.records import metric_score, paired_scores

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference
    from llmops_workbench.scoring.score import Score

# A slice of fewer rows says nothing; its interval would cover nearly everything.
SMALLEST_SLICE = 10
MOST_SLICES = 20
WORST_ROWS = 20


def run(
    model: Reference,
    data: Reference,
    *,
    baseline: Reference | None,
    prompt: Reference | None,
    target: str | None,
    choices: Sequence[str],
    metrics: Sequence[str],
    slices: Sequence[str],
    max_new_tokens: int,
    limit: int | None,
    max_failed: float,
    cached: bool,
) -> EvaluationReport:
    """Evaluate as the operation says."""
    from llmops_workbench.scoring.metric import METRICS
    from llmops_workbench.tracking import datasets

    begun = time.monotonic()
    for name in metrics:
        METRICS.get(name)
    version = datasets.find(data)
    columns = [name for name in version.meta["columns"] if not name.startswith("__")]
    roles = datasets.roles(version)
    answer = choose_target(target, roles, columns)
    for name in slices:
        if name not in version.meta["columns"]:
            raise UsageError(f"the dataset has no column '{name}'; {did_you_mean(name, columns)}")
    prompt, template = choose_prompt(prompt, model, roles, columns)
    offered = list(choices) or list(remembered(model).get("choices") or [])
    if LIKELIHOOD in metrics and not offered:
        context.warn("accuracy is of what the model writes: give --choices for its likelihoods")
    table = datasets.load(data, limit=limit)
    if table.num_rows == 0:
        raise DataError(f"{data} has no rows")
    rows = table.to_pylist()
    expected = [None if row[answer] is None else str(row[answer]) for row in rows]
    question = Question(
        template=template,
        choices=tuple(offered) if LIKELIHOOD in metrics else (),
        generates=not offered or any(name != LIKELIHOOD for name in metrics),
        max_new_tokens=max_new_tokens,
        cached=cached,
    )
    candidate = ask(model, rows, question)
    other = ask(baseline, rows, question) if baseline is not None else None
    scores, wrong = score_answers(metrics, candidate, expected)
    base_scores, base_wrong = score_answers(metrics, other, expected) if other else ({}, {})
    failed = len(candidate.errors)
    if failed == len(rows) or failed / len(rows) > max_failed:
        first = next(iter(candidate.errors.items()))
        raise JobError(f"{failed} of {len(rows)} rows failed; row {first[0]}: {first[1]}")
    kept = _keep_rows(model, data, rows, expected, candidate, other, scores, base_scores)
    return EvaluationReport(
        run_id=context.current().run_id,
        model=str(model),
        baseline=str(baseline) if baseline is not None else None,
        data=str(data),
        prompt=str(prompt) if prompt is not None else None,
        target=answer,
        choices=offered,
        n=len(rows),
        failed=failed,
        metrics={name: metric_score(score) for name, score in scores.items()},
        baseline_metrics={name: metric_score(score) for name, score in base_scores.items()},
        paired=paired_scores(scores, base_scores),
        slices=_slices(slices, rows, scores, candidate, expected),
        scorers_failed={**base_wrong, **wrong},
        cached=sum(candidate.cached) + (sum(other.cached) if other else 0),
        seconds=round(time.monotonic() - begun, 2),
        rows=kept,
        worst=_worst(rows, expected, candidate, scores, answer),
    )


def _slices(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    whole: Mapping[str, Score],
    answers: Answers,
    expected: Sequence[str | None],
) -> list[SliceScore]:
    """Score the rows of each value of a column, the worst first by the first metric."""
    made: list[SliceScore] = []
    if not whole:
        return made
    tokenizers = {
        name: str(score.options["tokenizer"])
        for name, score in whole.items()
        if "tokenizer" in score.options
    }
    for column in columns:
        places: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault(str(row[column]), []).append(place)
        for value, group in places.items():
            if len(group) < SMALLEST_SLICE:
                continue
            part = Answers(
                written=[answers.written[p] for p in group] if answers.written else [],
                chosen=[answers.chosen[p] for p in group] if answers.chosen else [],
            )
            scores, _ = score_answers(list(whole), part, [expected[p] for p in group], tokenizers)
            made.append(
                SliceScore(
                    column=column,
                    value=value,
                    n=len(group),
                    metrics={name: metric_score(score) for name, score in scores.items()},
                )
            )
    first, sign = _first(whole)

    def goodness(item: SliceScore) -> float:
        score = item.metrics.get(first)
        return sign * score.value if score is not None and score.value is not None else -math.inf

    return sorted(made, key=goodness)[:MOST_SLICES]


def _first(scores: Mapping[str, Score]) -> tuple[str, int]:
    """Give the metric by which rows are ranked, and 1 where higher is better, else -1."""
    from llmops_workbench.scoring.metric import METRICS

    name = next(iter(scores))
    return name, 1 if METRICS.get(name).higher_is_better else -1


def _keep_rows(
    model: Reference,
    data: Reference,
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[str | None],
    candidate: Answers,
    other: Answers | None,
    scores: Mapping[str, Score],
    base_scores: Mapping[str, Score],
) -> str:
    """Keep what was said to every row, as an unnamed dataset with the data as its parent."""
    import pyarrow as pa

    from llmops_workbench.tracking import datasets

    columns: dict[str, Any] = {
        "row_id": [row["__id__"] for row in rows],
        "expected": pa.array(expected, pa.string()),
    }
    for prefix, answers, scored in (("", candidate, scores), ("baseline_", other, base_scores)):
        if answers is None:
            continue
        if answers.written:
            columns[f"{prefix}answer"] = pa.array(answers.written, pa.string())
        if answers.chosen:
            columns[f"{prefix}choice"] = pa.array(answers.chosen, pa.string())
        errors = [answers.errors.get(place) for place in range(len(rows))]
        columns[f"{prefix}error"] = pa.array(errors, pa.string())
        for name, score in scored.items():
            columns[f"{prefix}{name}"] = pa.array(score.rows, pa.float64())
    parents = [str(data), str(model)]
    meta = {"made_by": "evaluate"}
    return str(datasets.snapshot(pa.table(columns), parents=parents, meta=meta).ref)


def _worst(
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[str | None],
    answers: Answers,
    scores: Mapping[str, Score],
    target: str,
) -> list[dict[str, Any]]:
    """List the rows with the worst first score, with what was asked and said."""
    from llmops_workbench.scoring.metric import METRICS

    if not scores:
        return []
    name, sign = _first(scores)
    score = scores[name]
    best = METRICS.get(name).best
    ranked = sorted(
        (sign * value, place) for place, value in enumerate(score.rows) if value is not None
    )
    said = read_by(name, answers)
    return [
        {
            **{
                key: value
                for key, value in rows[place].items()
                if not key.startswith("__") and key != target
            },
            "expected": expected[place],
            "answer": said[place],
            name: sign * value,
        }
        for value, place in ranked[:WORST_ROWS]
        if sign * value != best
    ]
