"""Which view shows a reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.errors import LLMOpsError, NotFoundError
from llmops_workbench.core.references import parse
from llmops_workbench.core.views import View, kind_of
from llmops_workbench.execution.folder import ACTIVE
from llmops_workbench.execution.job import find_job
from llmops_workbench.tracking.catalogue import Catalogue

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace

# What shows anything that nothing else does.
GENERIC = "object"


def opening(workspace: Workspace, ref: str, kinds: Sequence[type[View]]) -> dict[str, Any]:
    """Say which view shows a reference, of which pinned subject, under which title.

    Args:
        workspace: Where it is looked up.
        ref: What somebody wants to see.
        kinds: The views that there are.

    Raises:
        NotFoundError: The reference names nothing.
        UsageError: It is no reference.
    """
    ref = ref.strip()
    names = {kind.name for kind in kinds}
    if kind_of(ref) == "job":
        job = find_job(workspace, ref.partition(":")[2])
        found = _opens("job", kinds) or _run_view(workspace, job.run_id, names)
        return _told(found or GENERIC, f"job:{job.name}", f"{job.spec.operation} {job.name[-4:]}")
    if kind_of(ref) == "request":
        return _told(_opens("request", kinds) or GENERIC, ref, ref)
    book = Catalogue(workspace)
    subject = book.pin(parse(ref))
    if kind_of(subject) != "run":
        view = _opens(kind_of(subject), kinds) or GENERIC
        return _told(view, subject, subject.partition(":")[2])
    run = book.run(subject)
    title = f"{run['operation']} {run['run_id'][:8]}"
    if run["state"] in ACTIVE:
        job_view, job_name = _opens("job", kinds), _job_of(book, run["run_id"])
        if job_view and job_name:
            return _told(job_view, f"job:{job_name}", title)
    view = _result_view(run["operation"])
    return _told(view if view in names else _opens("run", kinds) or GENERIC, subject, title)


def _told(view: str, subject: str, title: str) -> dict[str, Any]:
    return {"view": view, "subject": subject, "title": title}


def _opens(kind: str, kinds: Sequence[type[View]]) -> str | None:
    return next((view.name for view in kinds if kind in view.opens), None)


def _result_view(operation: str) -> str:
    try:
        return str(getattr(operations.get(operation).result_type, "view", ""))
    except LLMOpsError:  # of a plug-in that is not installed here
        return ""


def _run_view(workspace: Workspace, run_id: str | None, names: set[str]) -> str | None:
    if run_id is None:
        return None
    try:
        view = _result_view(Catalogue(workspace).run(run_id)["operation"])
    except NotFoundError:
        return None
    return view if view in names else None


def _job_of(book: Catalogue, run_id: str) -> str | None:
    try:
        return str(book.job(run_id)["job"])
    except LLMOpsError:
        return None
