"""An error as one line in a notebook, where IPython would print a traceback."""

from __future__ import annotations

from llmops_workbench.core.errors import outcome
from llmops_workbench.core.secrets import redact


def one_line(error: Exception) -> None:
    """Make IPython show an error as one line; it goes on failing the cell as before."""
    text = redact(outcome(error).message)

    def render() -> list[str]:
        return [text]

    error._render_traceback_ = render  # type: ignore[attr-defined]
