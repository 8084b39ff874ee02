"""The view that the hosts are tried with: a plug-in of one Python file with a `.js` beside it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from llmops_workbench.core import errors
from llmops_workbench.core.views import Answer, View, answer, question, view

# What this process has seen, by the mark that the asker gave.
SEEN: dict[str, str] = {}


@view
class ProbeView(View):
    """Answers in every way that a view can."""

    name = "probe"
    title = "Probe"
    opens: ClassVar[tuple[str, ...]] = ("probe",)
    script = Path(__file__).with_suffix(".js")

    def state(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "held": "" if self.held is None else str(self.held),
            "greeting": "你好 <b>",
        }

    def static_html(self) -> str:
        return "<p>a probe that stays</p>"

    @answer
    def echo(self, value: Any = None) -> Any:
        """Give back what was given."""
        return value

    @answer
    def halves(self, whole: Annotated[int, Field(ge=0)]) -> int:
        """Take a number that is checked."""
        return whole // 2

    @answer
    def parts(self, sizes: list[int]) -> Answer:
        """Give binary parts of these sizes, each filled with its number."""
        return Answer(
            len(sizes), tuple(bytes([place % 251]) * size for place, size in enumerate(sizes))
        )

    @answer
    def table(self, rows: int) -> Any:
        """Give an Arrow table."""
        import pyarrow as pa

        return pa.table({"n": list(range(rows)), "text": [f"row {n}" for n in range(rows)]})

    @answer
    def fail(self, kind: Literal["NotFoundError", "ConflictError", "UntrustedError"]) -> None:
        """Raise an error of the workbench."""
        raise getattr(errors, kind)(f"this is a {kind}: <script>alert(1)</script>")

    @answer
    def stumble(self) -> None:
        """Raise an error that nobody meant."""
        raise ZeroDivisionError("nobody meant this")

    @answer
    def wait(self, seconds: float, mark: str) -> str:
        """Work for a while, and note down how that ended."""
        SEEN[mark] = "begun"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if question().cancelled:
                SEEN[mark] = "withdrawn"
            question().check()
            time.sleep(0.01)
        SEEN[mark] = "done"
        return mark

    @answer
    def seen(self, mark: str) -> str:
        """Tell how a piece of work ended."""
        return SEEN.get(mark, "")

    @answer
    def change(self) -> int:
        """Write to the workspace."""
        if self.workspace is None:
            return 0
        with self.workspace.store.write():
            pass
        return self.workspace.store.revision()


@view
class BrokenView(View):
    """A page whose module throws when it is mounted."""

    name = "broken"
    title = "Broken"
    script = Path(__file__).with_name("broken.js")

    def static_html(self) -> str:
        return "<p>broken, but this stays</p>"

    def failed(self, message: str, stack: str) -> None:
        SEEN["broken"] = message
        super().failed(message, stack)

    @answer
    def seen(self, mark: str) -> str:
        """Tell what was said."""
        return SEEN.get(mark, "")
