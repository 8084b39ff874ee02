"""The operation `doctor`."""

import html
from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.results import Result, Volatile


class Check(BaseModel):
    """One thing that was looked at.

    Attributes:
        name: What.
        state: `ok`, `note` (works, but read this), or `problem`.
        found: What there is.
        advice: What to do, where something is to be done.
    """

    name: str
    state: Literal["ok", "note", "problem"]
    found: Volatile[str]
    advice: str = ""


class DoctorReport(Result):
    """What this machine and this workspace can do, and what stands in the way.

    Attributes:
        checks: Everything that was looked at.
        settings: Each setting with its value and where it came from.
        servers: Model servers on this machine that can be used as models.
        problems: How many checks found a problem.
    """

    view: ClassVar[str] = "record"

    checks: Volatile[list[Check]]
    settings: Volatile[list[dict[str, Any]]]
    servers: Volatile[list[dict[str, Any]]]
    problems: Volatile[int]

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line a check."""
        return [check.model_dump() for check in self.checks]

    def html_body(self) -> str:
        """Give the checks and the settings as tables."""
        marks = {"ok": "✓ ok", "note": "• note", "problem": "✗ problem"}
        lines = "".join(
            f"<tr><td>{marks[check.state]}</td><td>{html.escape(check.name)}</td>"
            f"<td>{html.escape(check.found)}</td><td>{html.escape(check.advice)}</td></tr>"
            for check in self.checks
        )
        settings = "".join(
            f"<tr><td>{html.escape(str(row['setting']))}</td><td>{html.escape(str(row['value']))}"
            f"</td><td>{html.escape(str(row['from']))}</td></tr>"
            for row in self.settings
        )
        folded = f"<details><summary>settings</summary><table>{settings}</table></details>"
        return f"<table>{lines}</table>{folded}"


@operation(stage="everywhere", records=False, workspace=False)
def doctor() -> DoctorReport:
    """Look at the installation, the machine and the workspace, and say what to do.

    Nothing is changed, and nothing beyond this machine is asked.

    Example:
        llmops doctor
    """
    from llmops_workbench.core.errors import WorkspaceError
    from llmops_workbench.core.settings import SETTINGS, Settings
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.pipelines import checkup

    checks = [
        *checkup.packages(),
        checkup.plugins(),
        checkup.processor(),
        checkup.memory(),
        checkup.cache(),
    ]
    opened = context.current().workspace
    try:
        opened = opened or Workspace.find()
        checks += checkup.workspace(opened)
        settings = opened.settings
    except WorkspaceError as error:
        checks.append(Check(name="workspace", state="note", found="none", advice=error.message))
        settings = Settings(None)
    servers = checkup.servers()
    for server in servers:
        found = f"{server['name']} at {server['url']}: {', '.join(server['models']) or 'no model'}"
        advice = f"use it as --model openai:{server['url']}#MODEL"
        checks.append(Check(name="model server", state="ok", found=found, advice=advice))
    return DoctorReport(
        checks=checks,
        settings=[
            {
                "setting": name,
                "value": settings.get(name),
                "from": settings.source(name),
                "help": SETTINGS[name].help,
            }
            for name in SETTINGS
        ],
        servers=servers,
        problems=sum(check.state == "problem" for check in checks),
    )
