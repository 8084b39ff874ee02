"""The shell: `llmops VERB …`."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError, outcome
from llmops_workbench.version import __version__

if TYPE_CHECKING:
    from llmops_workbench.core.results import Result
    from llmops_workbench.faces.arguments import Parsed

_WITH_VALUE = ("--workspace", "--set")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: What follows the program's name; the process's own when left out.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 100 gate not passed, 130 interrupted.
    """
    tokens = list(sys.argv[1:] if argv is None else argv)
    as_json, debug = "--json" in tokens, "--debug" in tokens
    try:
        return _run(tokens)
    except BrokenPipeError:
        # Whoever read the output has gone, as in `llmops ls | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        return _report(error, as_json=as_json, debug=debug)


def _run(tokens: list[str]) -> int:
    before, verb, after = _split(tokens)
    if verb is None:
        if "--version" in before:
            _say(_version("--json" in before))
            return 0
        unknown = [t for t in before if t not in ("--help", "-h", "--json", "--debug")]
        if unknown:
            raise UsageError(f"llmops has no flag {unknown[0]}; see 'llmops --help'")
        from llmops_workbench.faces.help import overview

        _say(overview())
        return 0 if before else 2
    from llmops_workbench.core import operations
    from llmops_workbench.faces.arguments import parse

    operation = operations.get(verb)
    parsed = parse(operation, [*before, *after])
    if "help" in parsed.switches:
        from llmops_workbench.faces.help import describe

        _say(describe(operation))
        return 0
    if "schema" in parsed.switches:
        _say(as_json(operation.schema()))
        return 0
    result = _invoke(operation.name, parsed)
    if "json" in parsed.switches:
        _say(as_json(result.to_dict()))
    else:
        from llmops_workbench.faces.text import render

        _say(render(result))
    if result.failed:
        _complain(f"{result.failed:,} failed and are left out; the result lists or counts them")
    return 0


def _invoke(verb: str, parsed: Parsed) -> Result:
    from llmops_workbench.execution.invoke import invoke
    from llmops_workbench.faces.listeners import ShellListener, shell_listener

    listener = shell_listener("quiet" in parsed.switches)
    try:
        return invoke(
            verb,
            parsed.arguments,
            workspace=parsed.workspace,
            listener=listener,
            detach="detach" in parsed.switches,
            flags=parsed.settings,
        )
    except KeyboardInterrupt:
        job = getattr(listener, "job", None)
        if job is not None:
            _stop(job, parsed.workspace)
        raise
    finally:
        if isinstance(listener, ShellListener):
            listener.close()


def _stop(name: str, workspace: str | None) -> None:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.execution import control, job

    _complain(f"stopping job {name}; what was done so far is saved")
    state = control.cancel(job.find_job(Workspace.find(workspace), name))
    _complain(f"job {name} is {state.state}; 'llmops resume {name}' goes on from there")


def as_json(value: Any) -> str:
    """Write one line of JSON; a number that JSON does not have becomes null."""
    wide = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(_finite(value), ensure_ascii=not wide, allow_nan=False)
    # A lone surrogate (from a file's broken name) has no UTF-8 form, but has a JSON escape.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def _split(tokens: list[str]) -> tuple[list[str], str | None, list[str]]:
    """Find the verb; common flags may stand before it."""
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if not token.startswith("-"):
            return tokens[:place], token, tokens[place + 1 :]
        place += 2 if token in _WITH_VALUE else 1
    return tokens, None, []


def _version(with_json: bool) -> str:
    from llmops_workbench.core.workspace import FORMAT

    if not with_json:
        return f"llmops {__version__}"
    return as_json({"version": __version__, "python": platform.python_version(), "format": FORMAT})


def _report(error: BaseException, *, as_json: bool, debug: bool) -> int:
    from llmops_workbench.core.secrets import redact

    found = outcome(error)
    message = redact(found.message)
    if debug:
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
    _complain(message)
    if as_json:
        result = getattr(error, "result", None)
        record = result.to_dict() if result is not None else {}
        with contextlib.suppress(BrokenPipeError):
            _say(_error_line(record, message, found.exit_code))
    return found.exit_code


def _error_line(record: dict[str, Any], message: str, exit_code: int) -> str:
    return as_json({**record, "error": message, "exit_code": exit_code})


def _say(text: str) -> None:
    stream = sys.stdout
    wide = (stream.encoding or "").lower().replace("-", "") == "utf8"
    if not wide:
        text = text.encode(stream.encoding or "ascii", "backslashreplace").decode(
            stream.encoding or "ascii"
        )
    stream.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    stream.flush()


def _complain(text: str) -> None:
    sys.stderr.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
