"""One step of a pipeline: an operation, called by a notebook with its `parameters` cell."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.errors import UsageError, outcome
from llmops_workbench.core.events import Event, Listener, silent
from llmops_workbench.core.operations import to_json
from llmops_workbench.core.secrets import redact
from llmops_workbench.pipelines.files import with_files
from llmops_workbench.pipelines.one_line import one_line

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation
    from llmops_workbench.core.results import Result

# Set by whoever runs the notebook: the folder that keeps what the step gives.
FOLDER = "LLMOPS_STEP_FOLDER"
RESULT = "result.json"
FACTS = "step.json"
ERROR = "error.json"
EVENTS = "events.jsonl"

_JSON = (str, int, float, bool, type(None))


def step(verb: str, namespace: dict[str, Any]) -> Result:
    """Call a verb with the values that a notebook's `parameters` cell holds.

    The call is done in this process, which is the job. The result is written to `result.json`
    beside the executed notebook.

    Args:
        verb: The operation.
        namespace: The notebook's variables: `globals()`.

    Returns:
        The operation's result, shown when it stands last in a cell.

    Raises:
        UsageError: A required parameter is missing, or a value is not JSON.
        LLMOpsError: Whatever the operation raises.
    """
    folder = _folder(namespace)
    try:
        operation = operations.get(verb)
        arguments = with_files(operation, _values(operation, namespace))
        with _as_the_job():
            from llmops_workbench.execution.invoke import invoke

            result = invoke(operation.name, arguments, listener=_listener())
    except Exception as error:
        one_line(error)
        _write(folder / ERROR, _reason(error))
        raise error from None
    (folder / ERROR).unlink(missing_ok=True)
    _write(folder / RESULT, result.to_dict())
    if os.environ.get(FOLDER):
        _write(folder / FACTS, {"operation": operation.name, "digest": result.digest()})
    return result


def give(**values: Any) -> dict[str, Any]:
    """Give the result of a notebook that is a step, but calls no operation as one.

    Args:
        **values: JSON values by name; later steps refer to them.

    Returns:
        The values, as they were written to `result.json` beside the executed notebook.

    Raises:
        UsageError: A value is not JSON.
    """
    for name, value in values.items():
        if not _is_json(value):
            raise UsageError(
                f"{name} is a {type(value).__name__}, but a step gives JSON values alone: "
                "register a table first, and give its reference"
            )
    folder = _folder({})
    (folder / ERROR).unlink(missing_ok=True)
    _write(folder / RESULT, values)
    if os.environ.get(FOLDER):
        text = json.dumps(values, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        _write(folder / FACTS, {"operation": None, "digest": f"sha256-{digest}"})
    return values


def _values(operation: Operation, namespace: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for parameter in operation.parameters:
        if parameter.name not in namespace:
            if parameter.required:
                raise UsageError(
                    f"{operation.name} needs {parameter.name} ({parameter.help.rstrip('.')}): "
                    f"set it in the cell that is tagged 'parameters', or give it as "
                    f"-p {parameter.name}=…"
                )
            continue
        value = namespace[parameter.name]
        if not _is_json(value):
            raise UsageError(
                f"{parameter.name} is a {type(value).__name__}, but a step takes JSON values "
                "alone: register a table first, and give its reference"
            )
        found[parameter.name] = value
    return found


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(_is_json(item) for item in value)
    return type(value) in _JSON


@contextmanager
def _as_the_job() -> Iterator[None]:
    from llmops_workbench.execution.invoke import STEP

    before = os.environ.get(STEP)
    os.environ[STEP] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[STEP]
        else:
            os.environ[STEP] = before


def _folder(namespace: dict[str, Any]) -> Path:
    given = os.environ.get(FOLDER)
    if given:
        return Path(given)
    # papermill's own command line sets this variable when it is asked to.
    output = namespace.get("PAPERMILL_OUTPUT_PATH")
    return Path(output).parent if isinstance(output, str) else Path.cwd()


def _listener() -> Listener:
    """Tell the events to whoever runs the pipeline, by a file that it reads along."""
    given = os.environ.get(FOLDER)
    if not given:
        return silent
    file = Path(given) / EVENTS

    def listen(event: Event) -> None:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(to_json(event.to_dict()), ensure_ascii=False) + "\n")

    return listen


def _reason(error: Exception) -> dict[str, Any]:
    found = outcome(error)
    return {
        "type": type(error).__name__,
        "message": redact(found.message),
        "exit_code": found.exit_code,
    }


def _write(path: Path, record: dict[str, Any]) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
