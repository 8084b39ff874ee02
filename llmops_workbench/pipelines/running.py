"""Running one step: its process, what it tells on the way, and how it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmops_workbench.core import context, errors
from llmops_workbench.core.errors import JobError, LLMOpsError, UsageError
from llmops_workbench.core.events import Event
from llmops_workbench.execution.cut_off import FRESH
from llmops_workbench.execution.invoke import STEP
from llmops_workbench.execution.runs import PARENT
from llmops_workbench.pipelines import notebook_process, steps
from llmops_workbench.pipelines.graph import Step

NOTEBOOK = "notebook.ipynb"
_POLL_SECONDS = 0.05
# After the kernel was killed, papermill still writes the notebook.
_CLOSING_SECONDS = 10.0
_LOG_LINES = 3


@dataclass(frozen=True)
class Ended:
    """What a step left behind.

    Attributes:
        result: What `result.json` holds; None for a notebook that gives none.
        digest: The digest of the result, without times, ids and paths.
    """

    result: dict[str, Any] | None
    digest: str | None


def run(step: Step, values: dict[str, Any], folder: Path, *, fresh: bool = False) -> Ended:
    """Run a step's notebook in a process of its own and wait for it.

    Args:
        step: Which.
        values: Its parameters, expressions filled in.
        folder: Keeps the executed notebook, the result, the events and the log.
        fresh: Go on with nothing that another execution began.

    Returns:
        What it left behind.

    Raises:
        LLMOpsError: What the step's operation raised, of the same class.
        CancelledError: A stop was asked for; the kernel was stopped, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (steps.RESULT, steps.FACTS, steps.ERROR, steps.EVENTS):
        (folder / name).unlink(missing_ok=True)
    source = folder / "source.ipynb"
    source.write_text(step.source, encoding="utf-8")
    workspace = context.workspace()
    spec = {
        "source": source.name,
        "output": NOTEBOOK,
        "parameters": values,
        "folder": os.path.relpath(workspace.root, folder),
    }
    (folder / "spec.json").write_text(json.dumps(spec, ensure_ascii=False), encoding="utf-8")
    grace = float(workspace.settings.get("execution.grace_seconds"))
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", notebook_process.__name__, str(folder / "spec.json")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(folder, grace, fresh),
        )
        try:
            _wait(process, folder)
        except BaseException:
            _stop(process, grace)
            raise
    if process.returncode != 0:
        raise _error(step, folder, process.returncode)
    source.unlink()
    return Ended(_read(folder / steps.RESULT), (_read(folder / steps.FACTS) or {}).get("digest"))


def _environment(folder: Path, grace: float, fresh: bool) -> dict[str, str]:
    call = context.current()
    found = {
        **os.environ,
        "LLMOPS_WORKSPACE": str(context.workspace().root),
        STEP: "1",
        FRESH: "1" if fresh else "",
        steps.FOLDER: str(folder),
        notebook_process.GRACE: str(grace),
        # A notebook's process must not look for updates, nor wait for a debugger.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    for key, value in context.workspace().flags.items():
        found["LLMOPS_" + key.upper().replace(".", "_")] = str(value)
    if call.run_id is not None:
        found[PARENT] = call.run_id
    return found


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    offset = 0
    while True:
        ended = process.poll() is not None
        offset = _hand_on(folder / steps.EVENTS, offset)
        if ended:
            return
        context.check_cancelled()
        time.sleep(_POLL_SECONDS)


def _hand_on(file: Path, offset: int) -> int:
    """Emit the events that were added to a file, whole lines alone."""
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            text = stream.read()
    except FileNotFoundError:
        return offset
    whole = text[: text.rfind(b"\n") + 1]
    for line in whole.splitlines():
        event = Event.from_dict(json.loads(line))
        if event.kind not in ("job", "state", "result"):
            context.emit(event.kind, **event.data)
    return offset + len(whole)


def _stop(process: subprocess.Popen[bytes], grace: float) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace + _CLOSING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _error(step: Step, folder: Path, code: int) -> LLMOpsError:
    reason = _read(folder / steps.ERROR)
    place = context.workspace().relative(folder / NOTEBOOK)
    if reason is None:
        log = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").split("\n")
        last = [line for line in log if line.strip()][-_LOG_LINES:]
        text = last[-1].strip() if last else f"its process ended with code {code}"
        return JobError(f"step '{step.name}' failed: {text} (see .llmops/{place})")
    kind = getattr(errors, str(reason["type"]), None)
    message = f"step '{step.name}': {reason['message']}"
    if isinstance(kind, type) and issubclass(kind, LLMOpsError):
        return kind(message)
    return JobError(message)


def may_retry(error: LLMOpsError) -> bool:
    """Tell whether doing the same again could help: not after a wrong argument or a closed gate."""
    return isinstance(error, JobError) and not isinstance(error, UsageError)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
