"""What `doctor` looks at, one function a thing."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from llmops_workbench.pipelines.doctor import Check

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

_NEEDED = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "mlflow",
    "duckdb",
    "pyarrow",
    "jupyterlab",
    "papermill",
)
_GIGABYTE = 1024**3
# What tuning the embedded model takes, with room for everything around it.
_MEMORY_GB = 4
_DISK_GB = 5


def packages() -> list[Check]:
    """Find the libraries and their versions, without importing them."""
    found = []
    for name in _NEEDED:
        try:
            found.append(Check(name=name, state="ok", found=version(name)))
        except PackageNotFoundError:
            advice = "pip install llmops-workbench again"
            found.append(Check(name=name, state="problem", found="missing", advice=advice))
    return found


def plugins() -> Check:
    """Name the plug-ins, and those that are broken with the reason."""
    from llmops_workbench.core.plugins import broken, load_plugins

    loaded, wrong = load_plugins(), broken()
    if wrong:
        text = "; ".join(f"{name}: {reason}" for name, reason in wrong.items())
        return Check(name="plug-ins", state="problem", found=text, advice="mend or remove them")
    return Check(name="plug-ins", state="ok", found=", ".join(loaded) or "none")


def processor() -> Check:
    """Say what computes, and in which number format."""
    from llmops_workbench.models.hardware import cpu_has_bfloat16

    cores = os.cpu_count() or 1
    if cpu_has_bfloat16():
        return Check(name="processor", state="ok", found=f"{cores} cores with bfloat16")
    advice = "a model takes twice the memory and time in float32"
    return Check(
        name="processor", state="note", found=f"{cores} cores without bfloat16", advice=advice
    )


def memory() -> Check:
    """Say how much memory is free."""
    import psutil

    free = psutil.virtual_memory().available / _GIGABYTE
    enough = free >= _MEMORY_GB
    return Check(
        name="memory",
        state="ok" if enough else "problem",
        found=f"{free:.1f} GB free",
        advice="" if enough else f"tuning the embedded model needs {_MEMORY_GB} GB",
    )


def cache() -> Check:
    """Say where models are kept on this machine, and how much room there is."""
    from llmops_workbench.models.places import cache_folder

    folder = cache_folder()
    free = shutil.disk_usage(folder).free / _GIGABYTE
    enough = free >= _DISK_GB
    return Check(
        name="cache",
        state="ok" if enough else "problem",
        found=f"{folder}, {free:.0f} GB free",
        advice="" if enough else "free some space, or set LLMOPS_CACHE to another disk",
    )


def workspace(opened: Workspace) -> list[Check]:
    """Look at a workspace: its store, its judgments, and what has not reached MLflow yet."""
    from llmops_workbench.core.errors import LLMOpsError
    from llmops_workbench.tracking import events, outbox

    checks = [Check(name="workspace", state="ok", found=str(opened.root))]
    try:
        with opened.store.read() as connection:
            waiting = outbox.counts(connection)
        for kind in ("label", "audit", "traffic"):
            report = events.verify_chain(kind, workspace=opened)
            checks.append(
                Check(
                    name=f"{kind} events",
                    state="ok" if report.whole else "problem",
                    found=f"{report.events}, {'whole' if report.whole else report.reason}",
                    advice="" if report.whole else "compare with a backup: somebody changed them",
                )
            )
    except LLMOpsError as error:
        checks.append(
            Check(name="store", state="problem", found=error.message, advice="mend this first")
        )
        return checks
    left = waiting["waiting"]
    checks.append(
        Check(
            name="MLflow",
            state="note" if left else "ok",
            found=f"{left} changes wait to be sent" if left else "up to date",
            advice="they go with the next recorded call" if left else "",
        )
    )
    checks.append(Check(name="python", state="ok", found=sys.version.split()[0]))
    return checks


def servers() -> list[dict[str, Any]]:
    """Find model servers on loopback: Ollama, LM Studio, llama.cpp."""
    from llmops_workbench.models.discovery import discover

    return [
        {"name": each.kind, "url": each.url, "models": list(each.models)} for each in discover()
    ]
