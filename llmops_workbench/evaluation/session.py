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
    parts, small = _slices(slices, rows, scores, candidate, expected)
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


def _slices(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    whole: Mapping[str, Score],
    answers: Answers,
    expected: Sequence[Expected],
) -> tuple[list[SliceScore], int]:
    """Score the rows of each value of a column, the worst first by the first metric.

    Returns:
        The slices, and how many values were left out because they have too few rows or because
        there are too many better ones.
    """
    tokenizers = {
        name: str(score.options["tokenizer"])
        for name, score in whole.items()
        if "tokenizer" in score.options
    }
    made: list[SliceScore] = []
    values = 0
    for column in columns:
        places: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault("" if row[column] is None else str(row[column]), []).append(place)
        values += len(places)
        for value, group in places.items():
            if len(group) < SMALLEST_SLICE:
                continue
            part = Answers(
                written=[answers.written[p] for p in group] if answers.written else [],
                chosen=[answers.chosen[p] for p in group] if answers.chosen else [],
            )
            right = [expected[p] for p in group]
            scores, _ = score_answers(list(whole), part, right, tokenizers, told=False)
            measured = {name: metric_score(score) for name, score in scores.items()}
            made.append(SliceScore(column=column, value=value, n=len(group), metrics=measured))
    first, sign = _first(whole)

    def goodness(item: SliceScore) -> float:
        score = item.metrics.get(first)
        return sign * score.value if score is not None and score.value is not None else -math.inf

    shown = sorted(made, key=goodness)[:MOST_SLICES]
    return shown, values - len(shown)


def _first(scores: Mapping[str, Score]) -> tuple[str, int]:
    """Give the metric by which rows are ranked, and 1 where higher is better, else -1."""
    from llmops_workbench.scoring.metric import METRICS

    name = next(iter(scores))
    return name, 1 if METRICS.get(name).higher_is_better else -1


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
    """Keep what was said to every row, as an unnamed dataset with the data as its parent."""
    import pyarrow as pa

    from llmops_workbench.tracking import datasets

    columns: dict[str, Any] = {
        "row_id": [row["__id__"] for row in rows],
        "expected": arrow_answers(expected),
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

    name, sign = _first(scores)
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
