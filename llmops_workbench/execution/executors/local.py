"""A job as a process of this machine, in a session of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

from llmops_workbench.core.errors import ConflictError, JobError, StorageError, UsageError
from llmops_workbench.core.plugins import ENVIRONMENT as PLUGINS
from llmops_workbench.core.workspace import ACTOR, Workspace
from llmops_workbench.execution import locks
from llmops_workbench.execution.executor import EXECUTORS
from llmops_workbench.execution.identity import (
    TOKEN,
    Identity,
    identify,
    is_alive,
    kill_family,
    send,
)
from llmops_workbench.execution.job import Job
from llmops_workbench.version import __version__

LOCK = "LLMOPS_JOB_LOCK"
"""Environment variable that tells the child which descriptor it inherits its lock by."""

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")

# A process that has written its last word may take some seconds to end.
_END_SECONDS = 15.0


class LocalExecutor:
    """Detached processes; the lock that each inherits says that it lives.

    The launcher takes the lock and hands it to the child at its birth: there is no moment at
    which a living job is not locked, whoever is killed. The kernel keeps the lock across pid
    namespaces, where a pid means nothing.
    """

    def check(self, job: Job) -> None:
        """Check the disk and the interpreter.

        Raises:
            StorageError: There is too little free space.
            UsageError: The interpreter cannot run the workbench.
        """
        # What was set for the job alone holds when it goes on, too.
        flags = {**job.spec.settings, **job.workspace.flags}
        check_space(Workspace(job.workspace.root, flags))
        check_python(job.spec.python)

    def submit(self, job: Job) -> dict[str, Any]:
        """Start `python -m llmops_workbench.execution.child FOLDER`."""
        folder = job.folder
        lock = locks.acquire(folder.alive_lock, wait=_END_SECONDS)
        if lock is None:
            raise ConflictError(f"job '{job.name}' is running already: watch it with 'logs'")
        try:
            with folder.log_file.open("ab") as log:
                process = subprocess.Popen(
                    [
                        job.spec.python,
                        # The workspace is the child's folder, but not a place to import from first.
                        "-P",
                        "-m",
                        "llmops_workbench.execution.child",
                        str(folder.path),
                    ],
                    cwd=job.workspace.root,
                    env=child_environment(job, lock),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(lock,),
                )
            # Somebody has to take note of the child's end, or it stays behind as a zombie.
            threading.Thread(target=process.wait, name=f"reap {job.name}", daemon=True).start()
            try:
                return identify(process.pid).to_dict()
            except ProcessLookupError as error:
                raise JobError(
                    f"job '{job.name}' ended at its start: see '{folder.log_file}'"
                ) from error
        finally:
            locks.release(lock)

    def is_alive(self, job: Job, handle: dict[str, Any] | None) -> bool | None:
        """Ask the lock first, then the pid."""
        if locks.is_held(job.folder.alive_lock):
            return True
        if handle is not None:
            return is_alive(Identity.from_dict(handle))
        launcher = job.state.launcher
        if launcher is None or is_alive(Identity.from_dict(launcher)) is not False:
            # A launcher that lives may be about to start it; the lease decides if it never does.
            return None
        # Only now is the lock's word final: a dead launcher starts nothing any more.
        return bool(locks.is_held(job.folder.alive_lock))

    def ask_to_stop(self, job: Job, handle: dict[str, Any]) -> bool:
        """Send SIGTERM to the process of this namespace, once it can take one."""
        if job.folder.heartbeat().get("attempt") != job.state.attempt:
            # Python is still starting, and a signal would end it without a word; it will look
            # for the request in its folder before anything else.
            return False
        return send(Identity.from_dict(handle), signal.SIGTERM)

    def kill(self, job: Job, handle: dict[str, Any]) -> bool:
        """Kill the session, in this namespace."""
        return kill_family(Identity.from_dict(handle), job.name) > 0


EXECUTORS.register("local")(LocalExecutor())


def check_space(workspace: Workspace) -> None:
    """Refuse to start on a disk that is nearly full.

    Raises:
        StorageError: Less than `execution.min_free_mb` is free.
    """
    needed = int(workspace.settings.get("execution.min_free_mb"))
    free = shutil.disk_usage(workspace.dot).free // 1_000_000
    if free < needed:
        raise StorageError(
            f"'{workspace.root}' has {free} MB free, a job needs {needed} MB: free some space "
            "('llmops gc --dry-run' says what can go), or set execution.min_free_mb"
        )


def check_python(python: str) -> None:
    """Ask another interpreter for its version of the workbench before it gets a job.

    Raises:
        UsageError: It does not run, has no workbench, or one of another major version.
    """
    if is_this_python(python):
        return
    question = "from llmops_workbench.version import __version__; print(__version__)"
    try:
        asked = subprocess.run(
            [python, "-P", "-c", question],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"'{python}' does not run: {error}") from error
    found = asked.stdout.strip()
    if asked.returncode != 0 or not found:
        raise UsageError(
            f"'{python}' has no llmops-workbench: run '{python} -m pip install llmops-workbench'"
        )
    major = __version__.partition(".")[0]
    if found.partition(".")[0] != major:
        raise UsageError(
            f"'{python}' has llmops-workbench {found}, this is {__version__}: "
            f"run '{python} -m pip install llmops-workbench=={__version__}'"
        )


def is_this_python(python: str) -> bool:
    """Tell whether a path is the interpreter of this process, by any of its names."""
    # Not resolved further: every virtual environment's interpreter is a link to the same one.
    other, this = Path(python), Path(sys.executable)
    if other.parent != this.parent:
        return False
    return other == this or (other.exists() and this.exists() and other.samefile(this))


def child_environment(job: Job, lock: int) -> dict[str, str]:
    """Make the environment of a job's process; secrets reach it here and are written nowhere."""
    environment = dict(os.environ)
    threads = str(job.workspace.settings.get("models.threads"))
    for name in _THREADS:
        environment.setdefault(name, threads)
    environment.setdefault("TOKENIZERS_PARALLELISM", "false")
    for key, value in job.spec.settings.items():
        environment["LLMOPS_" + key.upper().replace(".", "_")] = str(value)
    if job.spec.plugins:
        environment[PLUGINS] = job.spec.plugins
    environment["PYTHONUNBUFFERED"] = "1"
    if job.workspace.actor is not None:
        environment[ACTOR] = job.workspace.actor
    environment[TOKEN] = job.name
    environment[LOCK] = str(lock)
    source = Path(__file__).resolve().parents[3]
    if not is_this_python(job.spec.python):
        return environment  # it was asked and has a workbench of its own
    if str(source) not in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        # Run from its sources, the package is found only where the caller found it.
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{source}{os.pathsep}{known}" if known else str(source)
    return environment
