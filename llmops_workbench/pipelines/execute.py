"""The operation `execute`: a notebook, or a pipeline of them."""

import hashlib
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import JobError, LLMOpsError, UsageError, not_found
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import Choices
from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.pipelines import cache, graph, running
from llmops_workbench.pipelines.expressions import fill

# The first wait before a step is tried again; it doubles with each.
_RETRY_SECONDS = 1.0


class StepReport(BaseModel):
    """One step of an execution.

    Attributes:
        step: Its name.
        state: `done`, `cached` (an equal step was done before), `skipped`, or `waiting` for what
            its `until` asks for.
        seconds: How long it took.
        result: What its operation gave.
        digest: The digest of the result.
        notebook: The executed notebook, under `.llmops`.
    """

    model_config = ConfigDict(frozen=True)

    step: str
    state: Volatile[str]
    seconds: Volatile[float] = 0.0
    result: Volatile[dict[str, Any] | None] = None
    digest: str | None = None
    notebook: Volatile[str | None] = None


class ExecuteReport(Result):
    """What an execution did.

    Attributes:
        pipeline: Its name.
        steps: In the order in which they were done.
        waiting: The step that waits for people, when one does; run the same line later.
    """

    pipeline: str
    steps: list[StepReport]
    waiting: Volatile[str | None] = None

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one row a step."""
        return [
            {"step": each.step, "state": each.state, "seconds": each.seconds, "run": _run_of(each)}
            for each in self.steps
        ]


@operation(stage="pipelines", runs="job")
def execute(
    source: Annotated[str, Choices("paths")],
    *,
    parameters: Annotated[dict[str, Any], Field(json_schema_extra={"x-llmops-short": "p"})] = {},
    until: str | None = None,
    force: bool = False,
) -> ExecuteReport:
    """Run a notebook, or a pipeline of notebooks, skipping the steps that are done.

    Each step runs in a process of its own, in the folder of the workspace. A step whose notebook,
    values, files, references and earlier results are those of a step that was done before is not
    done again, so an execution that failed goes on where it stopped, and a step that was cut off
    goes on from its last checkpoint. The executed notebooks are kept under `.llmops/pipelines`;
    the source is never written to.

    Args:
        source: A pipeline (YAML) or a notebook; one that ships is found by its file name.
        parameters: Values for its parameters.
        until: The last step to do; what it does not need is left out.
        force: Do every step again.

    Raises:
        UsageError: The pipeline is wrong: a cycle, or an unknown step, verb or parameter.
        NotFoundError: There is no such file.
        JobError: A step failed; the same line goes on from there.
        GateNotPassedError: A gate among the steps was not passed.

    Example:
        llmops execute templates/quickstart.yaml -p seed=7
    """
    plan = graph.load(source, parameters)
    chosen = _chosen(plan, until)
    workspace = context.workspace()
    _register(plan, workspace)
    execution = context.current().run_id or datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    folder = workspace.dot / "pipelines" / plan.name / execution
    done: dict[str, StepReport] = {}
    with context.progress("steps of the pipeline", len(chosen), unit="steps") as bar:
        for step in chosen:
            bar.tell(step=step.name)
            report = _step(step, plan, done, folder / step.name, force)
            done[step.name] = report
            if report.state == "waiting":
                break
            bar.advance()
    return ExecuteReport(
        pipeline=plan.name,
        steps=list(done.values()),
        waiting=next((each.step for each in done.values() if each.state == "waiting"), None),
        failed=sum(int((each.result or {}).get("failed") or 0) for each in done.values()),
    )


def _chosen(plan: graph.Graph, until: str | None) -> list[graph.Step]:
    if until is None:
        return list(plan.steps)
    by_name = {step.name: step for step in plan.steps}
    if until not in by_name:
        raise not_found("step", until, by_name)
    needed, waiting = set(), [until]
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += [each for each in graph.waits_for(by_name[name]) if each not in needed]
    return [step for step in plan.steps if step.name in needed]


def _step(
    step: graph.Step,
    plan: graph.Graph,
    done: dict[str, StepReport],
    folder: Path,
    force: bool,
) -> StepReport:
    before = sorted(graph.waits_for(step))
    if any(done[name].state == "skipped" for name in before):
        return StepReport(step=step.name, state="skipped")
    scope = {
        "parameters": plan.parameters,
        "steps": {name: done[name].result or {} for name in before},
    }
    if step.when is not None and not fill(step.when, scope):
        return StepReport(step=step.name, state="skipped")
    values = fill(step.values, scope)
    workspace = context.workspace()
    key = cache.key(step, values, {name: done[name].digest for name in before}, workspace)
    kept = cache.find(workspace, plan.name, key) if step.cache and not force else None
    if kept is not None:
        context.emit("step", step=step.name, state="cached")
        return StepReport(
            step=step.name,
            state="cached",
            result=kept["result"],
            digest=kept["digest"],
            notebook=f"{kept['folder']}/{running.NOTEBOOK}",
        )
    context.emit("step", step=step.name, state="running")
    begun = time.monotonic()
    ended = _try(step, values, folder, force)
    seconds = round(time.monotonic() - begun, 3)
    place = workspace.relative(folder)
    waits = _lacking(step, ended.result or {})
    if not waits:
        record = {"result": ended.result, "digest": ended.digest, "folder": place}
        cache.keep(workspace, plan.name, key, record)
    state = "waiting" if waits else "done"
    context.emit("step", step=step.name, state=state, seconds=seconds)
    return StepReport(
        step=step.name,
        state=state,
        seconds=seconds,
        result=ended.result,
        digest=ended.digest,
        notebook=f"{place}/{running.NOTEBOOK}",
    )


def _try(step: graph.Step, values: dict[str, Any], folder: Path, fresh: bool) -> running.Ended:
    for attempt in range(step.retries + 1):
        try:
            return running.run(step, values, folder, fresh=fresh)
        except LLMOpsError as error:
            if attempt == step.retries or not running.may_retry(error):
                raise
            pause = _RETRY_SECONDS * 2**attempt
            context.warn(f"{error.message}; it is tried again in {pause:.0f} s")
            until = time.monotonic() + pause
            while time.monotonic() < until:
                context.check_cancelled()
                time.sleep(0.05)
    raise JobError(f"step '{step.name}' was never run")


def _lacking(step: graph.Step, result: dict[str, Any]) -> bool:
    for name, least in step.until.items():
        if name not in result:
            raise UsageError(f"step '{step.name}' waits until {name} is {least}, but gives none")
        if float(result[name]) < float(least):
            context.warn(
                f"step '{step.name}' has {result[name]} of {least} {name}; "
                "run the same line again when there are enough"
            )
            return True
    return False


def _register(plan: graph.Graph, workspace: Workspace) -> None:
    from llmops_workbench.tracking.catalogue import Catalogue

    text = json.dumps(plan.definition, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    Catalogue(workspace).register(
        "pipeline",
        plan.name,
        hash=f"sha256-{digest}",
        meta={"steps": [step.name for step in plan.steps], "parameters": plan.defaults},
        run_id=context.current().run_id,
    )


def _run_of(each: StepReport) -> str | None:
    return (each.result or {}).get("run_id")
