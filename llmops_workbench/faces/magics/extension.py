"""`%load_ext llmops_workbench`: the magics and their completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_workbench.faces.magics.completion import matcher
from llmops_workbench.faces.magics.magic import LLMOpsMagics
from llmops_workbench.faces.widgets import showing

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register the magics; called by IPython, also when the extension is loaded again."""
    unload(shell)
    shell.register_magics(LLMOpsMagics)
    showing.install()
    if shell.Completer is not None:
        shell.Completer.custom_matchers.append(matcher(shell))


def unload(shell: InteractiveShell) -> None:
    """Take the magics and the completion away."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("llmops", None)
    if shell.Completer is not None:
        mine = f"{__package__}.completion"
        shell.Completer.custom_matchers[:] = [
            each
            for each in shell.Completer.custom_matchers
            if getattr(each, "__module__", "") != mine
        ]
