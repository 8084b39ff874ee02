"""The operation `quickstart`."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile


class Measured(BaseModel):
    """A share with its 95 % interval, or a paired difference of two."""

    value: float
    lower: float
    upper: float


class DriftVerdict(BaseModel):
    """Whether the traffic of a domain looks like what the model was made for."""

    alarm: bool
    classifier_auc: float
    p: float


class QuickstartReport(Result):
    """The whole life of a model, in numbers.

    Attributes:
        skill_before: Accuracy of the base model by the likelihood of the two answers: no format
            is needed for it.
        skill_after: The same of the tuned model.
        skill_gain: Their difference on the same test rows.
        format_before: Share of test rows on which the base model writes just the right word.
        format_after: The same of the tuned model.
        format_gain: Their difference on the same test rows.
        gate: Whether the gate was passed, and by which rules.
        champion: The version that serves.
        served_requests: Requests that were answered through the OpenAI client.
        drift: By domain.
        agreement: Among people, and of the model with people.
        report: The page with every number.
        seconds: Of the pipeline; fetching is in `fetch_seconds`, installing is in neither.
        peak_memory_mb: Of all its processes together.
        cached_steps: Steps that were done before and not done again.
    """

    view: ClassVar[str] = "record"

    skill_before: Measured
    skill_after: Measured
    skill_gain: Measured
    format_before: Measured
    format_after: Measured
    format_gain: Measured
    gate: dict[str, Any]
    champion: Volatile[str]
    served_requests: int
    drift: Volatile[dict[str, DriftVerdict]]
    agreement: Volatile[dict[str, Any]]
    report: Volatile[str]
    test_rows: int
    seconds: Volatile[float]
    fetch_seconds: Volatile[float]
    peak_memory_mb: Volatile[int]
    steps: list[str]
    cached_steps: Volatile[list[str]]

    def headline(self) -> dict[str, float]:
        """Give what was gained, and what it took."""
        return {
            "skill_gain": self.skill_gain.value,
            "skill_gain.lower": self.skill_gain.lower,
            "format_gain": self.format_gain.value,
            "seconds": self.seconds,
            "peak_memory_mb": float(self.peak_memory_mb),
        }

    def html_body(self) -> str:
        """Give what was gained, and where the page is."""
        import html

        return (
            f"<p>Skill {self.skill_before.value:.3f} → {self.skill_after.value:.3f}, format "
            f"{self.format_before.value:.3f} → {self.format_after.value:.3f}. Every number is in "
            f"<code>{html.escape(self.report)}</code>.</p>"
        )


@operation(stage="pipelines", runs="job", creates=True)
def quickstart(
    *, fresh: bool = False, parameters: dict[str, Any] = {}, report: str = "report.html"
) -> QuickstartReport:
    """Take a real model and real data through the whole life of a model, and report.

    It fetches a small model and four sets of rated texts, explores, prepares, compares two
    prompts, tunes, evaluates, gates, promotes, serves, asks for people's agreement, watches for
    drift, and traces one answer back. Run it again to go on where it stopped. The workspace is
    made when there is none.

    Args:
        fresh: Do every step again.
        parameters: Values for the pipeline's parameters, such as seed=8.
        report: The page to write, relative to the workspace.

    Raises:
        GateNotPassedError: The tuned model does not pass its gate.
        JobError: A step failed; the same line goes on from there.
        NotFoundError: The model or the data cannot be fetched.

    Example:
        llmops quickstart --workspace demo
    """
    import time

    from llmops_workbench.execution.invoke import invoke
    from llmops_workbench.pipelines import quickstart_page
    from llmops_workbench.pipelines.memory import PeakMemory

    begun = time.monotonic()
    arguments = {"source": "quickstart.yaml", "parameters": parameters, "force": fresh}
    with PeakMemory() as memory:
        done = invoke("execute", arguments).to_dict()
    steps = {each["step"]: each for each in done["steps"]}
    results = {name: each["result"] for name, each in steps.items()}
    fetching = sum(each["seconds"] for name, each in steps.items() if name.startswith("fetch_"))
    path = context.workspace().root / Path(report)
    found = summarize(
        results,
        report=str(path),
        steps=list(steps),
        cached_steps=[name for name, each in steps.items() if each["state"] == "cached"],
        seconds=round(time.monotonic() - begun - fetching, 1),
        fetch_seconds=round(fetching, 1),
        peak_memory_mb=memory.megabytes,
    )
    quickstart_page.write(path, found, results, done["run_id"])
    context.emit("log", message=f"every number is in {path}")
    return found


def summarize(results: dict[str, Any], **facts: Any) -> QuickstartReport:
    """Pick the headline numbers out of the steps' results."""
    judged, agreed = results["evaluate"], results["agree"]

    def share(part: dict[str, Any]) -> Measured:
        return Measured(value=part["value"], lower=part["lower"], upper=part["upper"])

    def gain(part: dict[str, Any]) -> Measured:
        return Measured(value=part["difference"], lower=part["lower"], upper=part["upper"])

    drift = {}
    for name, found in results.items():
        if name.startswith("monitor_"):
            tests = {test["feature"]: test for test in found["tests"]}
            drift[name.removeprefix("monitor_")] = DriftVerdict(
                alarm=found["alarm"],
                classifier_auc=tests["embedding classifier"]["statistic"],
                p=min(test["adjusted_p"] for test in found["tests"]),
            )
    return QuickstartReport(
        run_id=context.current().run_id,
        skill_before=share(judged["baseline_metrics"]["accuracy"]),
        skill_after=share(judged["metrics"]["accuracy"]),
        skill_gain=gain(judged["paired"]["accuracy"]),
        format_before=share(judged["baseline_metrics"]["exact_match"]),
        format_after=share(judged["metrics"]["exact_match"]),
        format_gain=gain(judged["paired"]["exact_match"]),
        gate={
            "passed": results["gate"]["passed"],
            "rules": {rule["rule"]: rule["observed"] for rule in results["gate"]["rules"]},
            "looks": results["gate"]["looks"],
        },
        champion=results["promote"]["ref"],
        served_requests=results["requests"]["served_requests"],
        drift=drift,
        agreement={
            "people": agreed["people"][0] if agreed["people"] else None,
            "model": {part["measure"]: part for part in agreed["model"]},
            "same": agreed["same"],
        },
        test_rows=judged["n"],
        failed=judged["failed"],
        **facts,
    )
