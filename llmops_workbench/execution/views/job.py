"""The view of a job: how far it is, how well it goes, what it printed, and stopping it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.views import View, answer, view
from llmops_workbench.execution import looks, requests
from llmops_workbench.execution.folder import ACTIVE, FAILED, State, read_json
from llmops_workbench.execution.job import Job, find_job
from llmops_workbench.execution.printed import read_printed
from llmops_workbench.execution.reconcile import reconcile_job
from llmops_workbench.execution.shown_run import line_of
from llmops_workbench.execution.story import Bar, Story, story_of

# A page shows the newest; older ones are asked for.
TOLD = 200
BARS = 12


@view
class JobView(View):
    """One job of any operation, while it runs and afterwards."""

    name = "job"
    title = "Job"
    opens: ClassVar[tuple[str, ...]] = ("job",)

    def __init__(self, workspace: Any, subject: str = "", held: object | None = None) -> None:
        super().__init__(workspace, subject, held)
        self._found: Job | None = None

    @property
    def job(self) -> Job:
        """The job that is shown.

        Raises:
            NotFoundError: There is none of that name, or the run was no job.
        """
        if self._found is None:
            workspace = context.needed(self.workspace)
            kind, _, name = self.subject.partition(":")
            try:
                self._found = find_job(workspace, name)
            except NotFoundError:
                if kind != "run":
                    raise
                raise NotFoundError(
                    f"{self.subject} was done in its caller's process, not as a job of its own"
                ) from None
        return self._found

    def state(self) -> dict[str, Any]:
        """Give what never changes of a job, and how it is now."""
        job, spec = self.job, self.job.spec
        return {
            "job": job.name,
            "run": f"run:{spec.run_id}" if spec.run_id else None,
            "operation": spec.operation,
            "title": looks.title_of(spec.operation, spec.arguments),
            "arguments": [
                {"name": name, "value": value}
                for name, value in spec.arguments.items()
                if value not in (None, [], {})
            ],
            "origin": {
                "created": spec.created,
                "executor": spec.executor,
                "python": spec.python,
                "version": spec.version,
                "settings": spec.settings,
                "folder": job.workspace.relative(job.folder.path),
            },
            "raw": spec.arguments,
            "line": line_of(spec.operation, spec.arguments),
            "watch": f"%llmops logs {job.name}",
            "now": self.look(),
        }

    @answer
    def look(self) -> dict[str, Any]:
        """Say how the job is now; asked every second while it runs."""
        job = self.job
        state = reconcile_job(job)
        story = story_of(job.folder)
        beat = job.folder.heartbeat() if state.state in ACTIVE else {}
        if beat.get("attempt") != state.attempt:
            beat = {}
        step, steps = beat.get("step", state.step), beat.get("steps", state.steps)
        log = job.folder.log_file
        with story.lock:
            return {
                "state": state.state,
                "active": state.state in ACTIVE,
                "asked": job.folder.requested() if state.state in ACTIVE else None,
                "saving": bool(beat.get("saving")),
                "attempt": state.attempt,
                "since": state.since,
                "message": state.message,
                "error": _error(job, state),
                "trouble": requests.trouble_of(job),
                "step": step,
                "steps": steps,
                "eta": beat.get("eta_seconds"),
                "ran": story.ran_seconds(_now()),
                "figures": looks.figures(story, beat, step),
                "bars": _bars(story),
                "parts": [
                    {"name": part.name, "state": part.state, "seconds": part.seconds}
                    for part in story.parts.values()
                ],
                "drawn": sum(series.changes for series in story.series.values()),
                "charts": len({part_name for part_name in story.series}),
                "sampled": story.sampled,
                "told": story.count,
                "warnings": sum(event.get("kind") == "warning" for event in story.told),
                "ready": story.ready if state.state in ACTIVE else None,
                "printed": log.stat().st_size if log.exists() else 0,
                "actions": looks.actions(job, state, story),
                "outcome": self._outcome(state),
            }

    @answer
    def charts(
        self,
        points: Annotated[int, Field(ge=8, le=4000)] = 300,
        start: float | None = None,
        stop: float | None = None,
    ) -> list[dict[str, Any]]:
        """Give the numbers by step, thinned out to what a chart can show."""
        story = story_of(self.job.folder)
        with story.lock:
            return looks.charts(story, points, start, stop)

    @answer
    def told(
        self, before: int | None = None, limit: Annotated[int, Field(ge=1, le=1000)] = TOLD
    ) -> dict[str, Any]:
        """Give what the job has told that is worth reading, the newest first.

        Args:
            before: Only events with a smaller number.
            limit: How many at most.
        """
        story = story_of(self.job.folder)
        with story.lock:
            kept = [each for each in story.told if before is None or each["number"] < before]
            return {"events": kept[::-1][:limit], "total": story.count}

    @answer
    def samples(self) -> dict[str, Any]:
        """Give the answers to fixed prompts, a line a prompt and a column a step."""
        story = story_of(self.job.folder)
        with story.lock:
            kept = list(story.samples)
        steps = sorted({each["step"] for each in kept if each.get("step") is not None})
        lines: dict[str, dict[str, Any]] = {}
        for each in kept:
            prompt = str(each.get("prompt", ""))
            line = lines.setdefault(prompt, {"prompt": prompt, "expected": None, "answers": {}})
            line["expected"] = each.get("expected", line["expected"])
            line["answers"][str(each.get("step"))] = str(each.get("answer", ""))
        return {"steps": steps, "lines": list(lines.values())}

    @answer
    def printed(self, offset: int | None = None, before: int | None = None) -> dict[str, Any]:
        """Give a piece of what the process printed, without colours.

        Args:
            offset: What came behind this cursor; the end of the log when left out.
            before: The piece that stands before this place instead.
        """
        found = read_printed(self.job.folder.log_file, offset, before)
        return {
            "lines": found.lines,
            "pending": found.pending,
            "start": found.start,
            "offset": found.offset,
            "size": found.size,
        }

    @answer
    def action(self, name: requests.Action) -> dict[str, Any]:
        """Ask the job to stop, to pause or to go on, without waiting until it has.

        Args:
            name: What to do.

        Raises:
            ConflictError: Its state does not allow it.
        """
        done = requests.ask(self.job, name)
        return {"done": done, "now": self.look()}

    def static_html(self) -> str:
        """Give the job as it was when the notebook was saved: state, figures, curve, arguments."""
        from llmops_workbench.execution.views._static import job_page

        look = self.look()
        return job_page(self.state() | {"now": look}, self.charts(points=200))

    def _outcome(self, state: State) -> dict[str, Any] | None:
        """Give what came of it: headline numbers and what it made."""
        job = self.job
        if state.state in ACTIVE or job.run_id is None:
            return None
        from llmops_workbench.tracking.catalogue import Catalogue

        book = Catalogue(job.workspace)
        try:
            run = book.run(job.run_id)
        except NotFoundError:
            return None
        made = [str(version.ref) for version in book.made_by(job.run_id) if version.ref.name]
        return {"numbers": looks.numbers(run["metrics"]), "made": made}


def _error(job: Job, state: State) -> dict[str, Any] | None:
    if state.state != FAILED:
        return None
    note = read_json(job.folder.error_file) or {}
    if note.get("attempt") not in (None, state.attempt):
        note = {}
    return {
        "message": str(note.get("message") or state.message or "it left no reason"),
        "kind": note.get("type"),
        "detail": str(note.get("traceback") or ""),
    }


def _bars(story: Story) -> list[dict[str, Any]]:
    """Give the pieces of work that are under way, and the newest of those that are done."""
    shown = [bar for bar in story.bars.values() if not bar.ended]
    shown.sort(key=lambda bar: bar.complete)
    under_way = [bar for bar in shown if not bar.complete]
    done = [bar for bar in shown if bar.complete]
    return [_bar(bar) for bar in (*under_way[-BARS:], *done[-3:])]


def _bar(bar: Bar) -> dict[str, Any]:
    return {
        "label": bar.label,
        "part": bar.part,
        "done": bar.done,
        "total": bar.total,
        "unit": bar.unit,
        "eta": bar.left,
        "elapsed": bar.elapsed,
        "complete": bar.complete,
    }


def _now() -> str:
    from llmops_workbench.core.events import now

    return now()
