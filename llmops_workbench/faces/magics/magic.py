"""`%llmops VERB …` and `%%llmops VERB …`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import JSON

from llmops_workbench.core import operations
from llmops_workbench.core.errors import UsageError, WorkspaceError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces import functions
from llmops_workbench.faces.arguments import Parsed, parse
from llmops_workbench.faces.help import describe, overview
from llmops_workbench.faces.kernel import call
from llmops_workbench.faces.magics.frames import with_frames
from llmops_workbench.pipelines.one_line import one_line

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation


@magics_class
class LLMOpsMagics(Magics):
    """The magics; IPython expands nothing in their lines, so that `{{column}}` stays."""

    @no_var_expand
    @line_cell_magic
    def llmops(self, line: str, cell: str | None = None) -> Any:
        """Run a verb of the workbench: %llmops VERB ARGUMENT … --flag VALUE [-o NAME].

        `%llmops` alone lists the verbs, `%llmops VERB --help` shows one. The body of a cell
        magic is the template, the recipe or the code that the verb takes.
        """
        try:
            return self._run(line, cell)
        except Exception as error:
            if "--debug" in line:
                raise
            one_line(error)
            # The error itself goes on, so that the cell fails, also where nobody watches.
            raise error from None

    def _run(self, line: str, cell: str | None) -> Any:
        try:
            tokens = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"%llmops: {error}: a quotation mark is open") from error
        if not tokens or tokens[0] in ("--help", "-h"):
            print_text(overview())
            return None
        operation = operations.get(tokens[0])
        parsed = parse(operation, tokens[1:], body=cell, magic=True)
        if "help" in parsed.switches:
            print_text(describe(operation, magic=True))
            return None
        if "schema" in parsed.switches:
            return JSON(operation.schema())  # type: ignore[no-untyped-call]
        return self._call(operation, parsed)

    def _call(self, operation: Operation, parsed: Parsed) -> Any:
        if parsed.output is not None and not parsed.output.isidentifier():
            raise UsageError(f"-o {parsed.output} is not a name that a variable can have")
        workspace = _workspace(operation, parsed)
        shell = self.shell
        assert shell is not None  # IPython makes magics with their shell
        result = call(
            operation.name,
            with_frames(operation, parsed.arguments, shell.user_ns, workspace),
            workspace=workspace,
            detach="detach" in parsed.switches,
            flags=parsed.settings,
            quiet="quiet" in parsed.switches,
        )
        if parsed.output is not None:
            shell.user_ns[parsed.output] = result
        if result.failed:
            sys.stderr.write(f"{result.failed:,} failed and are left out\n")
        if "json" in parsed.switches:
            return JSON(result.to_dict())  # type: ignore[no-untyped-call]
        return result


def _workspace(operation: Operation, parsed: Parsed) -> Workspace | None:
    if parsed.workspace is None and functions.opened() is not None and not parsed.settings:
        return functions.opened()
    try:
        return Workspace.find(parsed.workspace, parsed.settings)
    except WorkspaceError:
        if operation.workspace:
            raise
        return None


def print_text(text: str) -> None:
    """Write to the cell's standard output."""
    sys.stdout.write(text + "\n")
