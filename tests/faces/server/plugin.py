"""What the tests of the server add: operations, and a view with every kind of answer."""

import time
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef
from llmops_workbench.core.results import Result
from llmops_workbench.core.views import Answer, View, answer, question, view
from llmops_workbench.tracking import decisions


class Noted(Result):
    view: ClassVar[str] = "probe"

    by: str
    python: str
    interval: float


@operation(stage="data")
def jot(
    text: str,
    *,
    tone: Literal["warm", "cool"] = "warm",
    times: Annotated[int, Field(ge=1, le=9)] = 1,
    source: DatasetRef | None = None,
    column: ColumnName | None = None,
) -> Noted:
    """Write down who acts, for the audit.

    Args:
        text: What to write.
        tone: How it sounds.
        times: How often.
        source: What it is about.
        column: A column of it.
    """
    import sys

    from llmops_workbench.tracking.catalogue import catalogue

    made = catalogue().register("recipe", "jotted", hash=f"sha256-{hash(text) % 2**64:064x}")
    decisions.record("jot", made.ref, model_hash="", run_id=context.current().run_id, details={})
    return Noted(by=context.workspace().user(), python=sys.executable, interval=0.5)


def plan(arguments: dict[str, Any]) -> dict[str, Any]:
    """Say what `jot` would do."""
    return {"rows": 3, "words": len(arguments["text"].split())}


@view
class Probe(View):
    name = "probe"
    title = "Probe"
    opens: ClassVar[tuple[str, ...]] = ("dataset",)
    script = Path(__file__).with_name("probe.js")
    closed: ClassVar[list[str]] = []

    def state(self) -> dict[str, Any]:
        return {"subject": self.subject, "not_a_number": float("nan")}

    @answer
    def rows(self, start: int, stop: Annotated[int, Field(le=1000)]) -> Any:
        import pyarrow as pa

        return pa.table({"n": list(range(start, stop))})

    @answer
    def parts(self) -> Answer:
        return Answer({"two": "parts"}, (b"\x00\x01", b"second"))

    @answer
    def who(self) -> str:
        assert self.workspace is not None
        return self.workspace.user()

    @answer
    def wait(self, seconds: float, mark: str) -> str:
        assert self.workspace is not None
        place = self.workspace.root / mark
        place.write_text("asked")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if question().cancelled:
                place.write_text("cancelled")
            question().check()
            time.sleep(0.01)
        place.write_text("answered")
        return "at last"

    @answer
    def fail(self) -> None:
        raise DataError("row 3 has no text: leave it out")

    @answer
    def stumble(self) -> None:
        raise ZeroDivisionError("a defect")

    @answer
    def peek(self, place: str) -> int:
        """Read any file: what the tests' watch over the server must see."""
        return len(Path(place).read_bytes())

    @answer
    def write(self, name: str) -> str:
        """Do what opens and closes a run, which must bring nothing to MLflow here."""
        from llmops_workbench.execution import runs
        from llmops_workbench.tracking.catalogue import catalogue

        run_id = catalogue().start_run("jot", {"text": name})
        runs.close(self.workspace, run_id, "done")
        return run_id
