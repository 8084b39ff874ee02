"""What a job was told to do: written once, never changed, and without any secret."""

from __future__ import annotations

import hashlib
import json
import os
import secrets as randomness
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llmops_workbench.core import secrets
from llmops_workbench.core.errors import JobError, UsageError
from llmops_workbench.core.events import now
from llmops_workbench.execution.folder import JobFolder, read_json, write_json
from llmops_workbench.version import __version__

FORMAT = 1

# The workspace, seen from `.llmops/jobs/<job>`: it may be moved or copied with its jobs.
WORKSPACE = "../../.."


@dataclass(frozen=True)
class Spec:
    """The frozen order of a job.

    Attributes:
        job: Its id.
        operation: The verb.
        arguments: JSON values, references pinned to versions.
        run_id: The run that all attempts record into; None when it is not recorded.
        executor: Where its process runs.
        python: The interpreter that runs it.
        version: Version of the workbench that wrote it.
        slot: Whether it waits for one of the slots of this machine.
        settings: Settings that were given for this call alone.
        plugins: Plug-in files that were loaded beside the installed ones.
        environment: Names of the environment variables that were set; never their values.
        workspace: Where the workspace lies, seen from the folder.
        created: When it was written.
    """

    job: str
    operation: str
    arguments: dict[str, Any]
    run_id: str | None
    executor: str = "local"
    python: str = sys.executable
    version: str = __version__
    slot: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    plugins: str = ""
    environment: tuple[str, ...] = ()
    workspace: str = WORKSPACE
    created: str = field(default_factory=now)
    format: int = FORMAT

    def hash(self) -> str:
        """Hash all that it says."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return f"sha256-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def new_job_id(operation: str) -> str:
    """Make an id that sorts by time, as in `20261124-101500-tune-7f3a`."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{moment}-{operation}-{randomness.token_hex(2)}"


def make_folder(jobs: Path, operation: str) -> JobFolder:
    """Make a fresh job folder under `.llmops/jobs`."""
    while True:
        folder = JobFolder(jobs / new_job_id(operation))
        try:
            folder.path.mkdir(parents=True)
        except FileExistsError:
            continue  # two jobs in one second that drew the same number
        folder.checkpoints.mkdir()
        return folder


def write_spec(folder: JobFolder, spec: Spec) -> None:
    """Write the order down.

    Raises:
        UsageError: A value in it is a secret that this process has used.
    """
    for place, text in _texts(spec.arguments, "argument"):
        if secrets.redact(text) != text:
            raise UsageError(f"{place} holds a secret's value: give its name, as in env:NAME")
    write_json(folder.spec_file, {**asdict(spec), "hash": spec.hash()})


def read_spec(folder: JobFolder) -> Spec:
    """Read the order.

    Raises:
        JobError: It is missing, was changed, or is of a newer format.
    """
    data = read_json(folder.spec_file)
    if data is None:
        raise JobError(f"job '{folder.job}' has no spec.json: it cannot be run")
    noted = data.pop("hash", None)
    if data.get("format", 0) > FORMAT:
        raise JobError(f"job '{folder.job}' was made by a newer version: update the workbench")
    try:
        spec = Spec(**{**data, "environment": tuple(data["environment"])})
    except (TypeError, KeyError) as error:
        raise JobError(f"spec.json of job '{folder.job}' is damaged: {error}") from error
    if spec.hash() != noted:
        raise JobError(f"spec.json of job '{folder.job}' was changed: start a new job instead")
    return spec


def environment_names() -> tuple[str, ...]:
    """List the names of the variables that are set."""
    return tuple(sorted(os.environ))


def _texts(value: Any, place: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(place, value)]
    if isinstance(value, dict):
        return [
            pair for key, item in value.items() for pair in _texts(item, f"{place} '{key}'")
        ] + [(place, str(key)) for key in value]
    if isinstance(value, list | tuple):
        return [pair for item in value for pair in _texts(item, place)]
    return []
