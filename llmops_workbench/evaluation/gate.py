"""The operation `gate`."""

import html
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel

from llmops_workbench.core import context
from llmops_workbench.core.errors import GateNotPassedError, UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import RunRef, parse
from llmops_workbench.core.results import Result, Volatile


class RuleOutcome(BaseModel):
    """What a rule found: the number that was observed, and why it passed or not."""

    rule: str
    passed: bool
    observed: float | None
    reason: str


class GateReport(Result):
    """The decision of a gate about one exact model version.

    Attributes:
        passed: Whether every rule holds.
        rules: Each rule with what was observed.
        model: The version that was judged, with its content hash.
        data: The rows that it was judged by.
        looks: How many evaluations have looked at these rows so far, this one included: the more
            often candidates are judged by the same rows, the less a pass means.
        decision: The id of the audit event that keeps it.
    """

    view: ClassVar[str] = "gate"

    passed: bool
    rules: list[RuleOutcome]
    model: Volatile[str]
    model_hash: Volatile[str]
    data: Volatile[str]
    data_hash: Volatile[str]
    evaluation: Volatile[str]
    looks: Volatile[int]
    decision: Volatile[int]

    def headline(self) -> dict[str, float]:
        """Give whether it passed, and the looks."""
        return {"passed": float(self.passed), "looks": float(self.looks)}

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line a rule."""
        return [rule.model_dump() for rule in self.rules]

    def html_body(self) -> str:
        """Give the verdict and each rule's reason."""
        lines = "".join(
            f"<tr><td>{'✓' if rule.passed else '✗'}</td><td><code>{html.escape(rule.rule)}</code>"
            f"</td><td>{html.escape(rule.reason)}</td></tr>"
            for rule in self.rules
        )
        verdict = "passed" if self.passed else "not passed"
        return (
            f"<p><b>Gate {verdict}</b>: {html.escape(self.model)} on {html.escape(self.data)}, "
            f"look {self.looks} at these rows</p><table>{lines}</table>"
        )


@operation(stage="evaluation")
def gate(rules: list[str], *, run: RunRef) -> GateReport:
    """Decide by rules whether an evaluated model may go on, and keep the decision.

    A rule compares one number of the report with a bound, best a bound of an interval:
    `accuracy.lower >= 0.7`, `paired.accuracy.lower > 0`, `slices.domain.movies.accuracy >= 0.6`,
    `failed == 0`. The decision holds for the exact model version, data, rules and run. Rows that
    had a part in making or choosing the candidate cannot judge it.

    Args:
        rules: What must hold, all of them.
        run: The evaluation to judge by.

    Raises:
        GateNotPassedError: A rule does not hold; the decision is kept all the same.
        UsageError: The run is no finished evaluation, a rule cannot be read, or rows of its data
            were used to make or choose the model.

    Example:
        llmops gate 'accuracy.lower >= 0.7' 'paired.accuracy.lower > 0' --run 3f2a
    """
    from llmops_workbench.evaluation.used_rows import looks, uses
    from llmops_workbench.scoring.rules import parse as parse_rule
    from llmops_workbench.tracking import decisions
    from llmops_workbench.tracking.catalogue import catalogue

    book = catalogue()
    record = book.run(run.name)
    report = record["result"]
    if record["operation"] != "evaluate" or record["state"] != "done" or not report:
        raise UsageError(
            f"run {run.name} is {record['operation']} ({record['state']}): a gate needs a "
            "finished evaluate"
        )
    if not rules:
        raise UsageError("a gate needs rules, as in 'accuracy.lower >= 0.7'")
    checked = [parse_rule(rule).check(_numbers(report)) for rule in rules]
    model = parse(report["model"], "model")
    data = parse(report["data"], "dataset")
    if model.external:
        raise UsageError(
            f"'{model.name}' is not registered, so that nobody can say what was judged: "
            "tune it or register it first"
        )
    shared = uses(model, report["prompt"], data)
    if shared:
        worst = max(shared, key=lambda use: use.rows)
        raise UsageError(
            f"{worst.rows} rows of {data} were used by {worst.operation} (run "
            f"{worst.run_id[:8]}, {worst.data}) to make or choose {model}: judge it by other rows, "
            "or take those out with the recipe step decontaminate"
        )
    version, rows = book.get(model), book.get(data.whole())
    seen = looks(data, report["prompt"])
    passed = all(rule.passed for rule in checked)
    outcomes = [RuleOutcome(**vars(rule)) for rule in checked]
    event = decisions.record(
        decisions.GATE,
        version.ref,
        model_hash=version.hash,
        run_id=context.current().run_id,
        details={
            "passed": passed,
            "rules": [outcome.model_dump() for outcome in outcomes],
            "data": str(data),
            "data_hash": rows.hash,
            "evaluation": record["run_id"],
            "looks": seen,
            **{name: report[name] for name in ("prompt", "target", "choices", "baseline", "n")},
        },
    )
    decision = GateReport(
        run_id=context.current().run_id,
        passed=passed,
        rules=outcomes,
        model=str(model),
        model_hash=version.hash,
        data=str(data),
        data_hash=rows.hash,
        evaluation=record["run_id"],
        looks=seen,
        decision=int(event["id"]),
    )
    if seen > 1:
        context.warn(f"{seen} evaluations have looked at {data}: a pass means less each time")
    if not passed:
        reasons = "; ".join(rule.reason for rule in checked if not rule.passed)
        raise GateNotPassedError(f"{model} does not pass: {reasons}", decision)
    return decision


def _numbers(report: Mapping[str, Any]) -> dict[str, Any]:
    """Give a report with its slices by column and value, so that a rule can name one."""
    slices: dict[str, dict[str, Any]] = {}
    for part in report.get("slices") or []:
        numbers = {"n": part["n"], **part["metrics"], "paired": part.get("paired") or {}}
        slices.setdefault(part["column"], {})[part["value"]] = numbers
    return {**report, "slices": slices}
