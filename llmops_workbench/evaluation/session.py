"""One evaluation: ask candidate and baseline, score, pair, slice, keep every row."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, JobError, UsageError, did_you_mean
from llmops_workbench.evaluation.report import EvaluationReport
from llmops_workbench.evaluation.slices import Scored, first_metric, score_slices
from llmops_workbench.scoring.answer_columns import answer_columns
from llmops_workbench.scoring.asking import (
    LIKELIHOOD,
    Answers,
    Question,
    ask,
    choose_prompt,
    read_by,
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
from llmops_workbench.scoring.records import MetricScore, metric_score, paired_scores

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference
    from llmops_workbench.scoring.score import Score

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
    if not metrics:
        raise UsageError("nothing says what to score by: give --metrics, as in exact_match")
    for name in metrics:
        METRICS.get(name)
    version = datasets.find(data)
    columns = [name for name in version.meta["columns"] if not name.startswith("__")]
    roles = datasets.roles(version)
    known = remembered(model)
    answer = choose_target(target, roles, columns, known.get("roles"))
    for name in slices:
        if name not in columns:
            raise UsageError(f"the dataset has no column '{name}'; {did_you_mean(name, columns)}")
    prompt, template = choose_prompt(prompt, model, roles, columns)
    offered = list(choices) or list(known.get("choices") or [])
    if LIKELIHOOD in metrics and not offered:
        context.warn("accuracy is of what the model writes: give --choices for its likelihoods")
    rows = datasets.load(data, limit=limit).to_pylist()
    if not rows:
        raise DataError(f"{data} has no rows")
    expected = right_answers(rows, answer)
    if LIKELIHOOD in metrics and offered:
        check_choices(offered, expected)
    question = Question(
        template=template,
        choices=tuple(offered) if LIKELIHOOD in metrics else (),
        generates=not offered or any(name != LIKELIHOOD for name in metrics),
        max_new_tokens=max_new_tokens,
        cached=cached,
    )
    candidate = ask(model, rows, question, expected)
    failed = len(candidate.errors)
    if failed == len(rows) or failed / len(rows) > max_failed:
        place, reason = min(candidate.errors.items())
        raise JobError(f"{failed} of {len(rows)} rows failed; row {place}: {reason}")
    other = ask(baseline, rows, question, expected) if baseline is not None else None
    scores, wrong = score_answers(metrics, candidate, expected)
    base_scores, base_wrong = score_answers(metrics, other, expected) if other else ({}, {})
    if not scores:
        name, reason = next(iter(wrong.items()))
        raise JobError(f"no metric could be computed; {name}: {reason}")
    kept = _keep_rows(model, data, rows, expected, candidate, other, scores, base_scores)
    measured = {name: metric_score(score) for name, score in scores.items()}
    _keep_scores(model, data, measured)
    parts, small = score_slices(
        slices, rows, expected, Scored(candidate, scores), Scored(other, base_scores)
    )
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
        baseline_failed=len(other.errors) if other else 0,
        metrics=measured,
        baseline_metrics={name: metric_score(score) for name, score in base_scores.items()},
        paired=paired_scores(scores, base_scores),
        slices=parts,
        small_slices=small,
        scorers_failed={**base_wrong, **wrong},
        cached=candidate.known + (other.known if other else 0),
        seconds=round(time.monotonic() - begun, 2),
        rows=kept,
        worst=_worst(rows, expected, candidate, scores, answer),
    )


def _keep_scores(model: Reference, data: Reference, scores: Mapping[str, MetricScore]) -> None:
    """Show the newest scores beside the model version in every list."""
    from llmops_workbench.tracking.catalogue import catalogue

    if model.external:
        return
    kept = {
        name: {"value": one.value, "lower": one.lower, "upper": one.upper, "data": str(data)}
        for name, one in scores.items()
        if one.value is not None
    }
    catalogue().score(model, kept, context.current().run_id)


def _keep_rows(
    model: Reference,
    data: Reference,
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[Expected],
    candidate: Answers,
    other: Answers | None,
    scores: Mapping[str, Score],
    base_scores: Mapping[str, Score],
) -> str:
    """Keep what was asked and said of every row, as a nameless dataset made from the data."""
    import pyarrow as pa

    from llmops_workbench.tracking import datasets

    columns: dict[str, Any] = {
        "row": [row["__row__"] for row in rows],
        "row_id": [row["__id__"] for row in rows],
        "expected": arrow_answers(expected),
    }
    for prefix, answers, scored in (("", candidate, scores), ("baseline_", other, base_scores)):
        if answers is None:
            continue
        # How long an answer took depends on the moment; the same answers are the same table.
        made = answer_columns(answers, len(rows))
        if prefix and answers.sent == candidate.sent:
            del made["sent"]
        columns |= {f"{prefix}{name}": values for name, values in made.items()}
        for name, score in scored.items():
            columns[f"{prefix}{name}"] = pa.array(score.rows, pa.float64())
    parents = [str(data), str(model)]
    meta = {"made_by": "evaluate"}
    run_id = context.current().run_id
    table = pa.table(columns)
    return str(datasets.snapshot(table, parents=parents, meta=meta, run_id=run_id).ref)


def _worst(
    rows: Sequence[Mapping[str, Any]],
    expected: Sequence[Expected],
    answers: Answers,
    scores: Mapping[str, Score],
    target: str,
) -> list[dict[str, Any]]:
    """List the rows with the worst first score, with what was asked and said."""
    from llmops_workbench.scoring.metric import METRICS

    name, sign = first_metric(scores)
    score, best = scores[name], METRICS.get(name).best
    ranked = sorted(
        (sign * value, place)
        for place, value in enumerate(score.rows)
        if value is not None and not math.isclose(value, best)
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
            name: score.rows[place],
        }
        for _, place in ranked[:WORST_ROWS]
    ]
