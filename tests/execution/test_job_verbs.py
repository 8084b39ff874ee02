from __future__ import annotations

import pytest

from llmops_workbench.core import operations
from llmops_workbench.core.errors import ConflictError, NotFoundError, UsageError
from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.folder import STATES
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.execution.report import JobReport, JobRow, JobState
from tests.execution.conftest import StartCount
from tests.execution.waiting import step_of, until

VERBS = ("jobs", "logs", "cancel", "pause", "resume", "gc")


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_in_the_index_with_an_example(verb: str):
    entry = operations.index()[verb]
    found = operations.get(verb)
    assert (entry.stage, entry.runs, found.records) == ("everywhere", "inline", False)
    assert found.example.startswith(f"llmops {verb}")
    assert all(parameter.help for parameter in found.parameters)


def test_the_states_are_those_of_the_folder():
    assert JobState.__args__ == STATES  # type: ignore[attr-defined]
    assert set(JobReport.model_fields) - {"failed"} <= set(JobRow.model_fields)


def test_a_job_from_its_start_to_its_end(workspace: Workspace, start_count: StartCount):
    assert invoke("jobs", {}, workspace=workspace).to_dict()["items"] == []
    job = start_count(200, seconds=0.03)
    until(lambda: step_of(job) > 6)
    until(lambda: job.folder.heartbeat().get("step"))
    (item,) = invoke("jobs", {}, workspace=workspace).to_dict()["items"]
    assert item["job"] == job.name
    assert (item["state"], item["operation"], item["steps"]) == ("running", "count", 200)
    assert item["pid"] == (job.state.handle or {})["pid"]
    short = job.name[-4:]
    paused = invoke("pause", {"job": short}, workspace=workspace).to_dict()
    assert (paused["state"], paused["pid"]) == ("paused", None)
    page = invoke("jobs", {"state": ["paused"]}, workspace=workspace).to_dict()
    assert page["total"] == 1 and page["items"][0]["step"] == job.state.step
    assert invoke("jobs", {"state": ["done"]}, workspace=workspace).to_dict()["total"] == 0

    first = invoke("logs", {"job": short}, workspace=workspace).to_dict()
    assert first["events"][-1]["state"] == "paused"
    told: list[Event] = []
    resumed = invoke(
        "resume", {"job": short, "wait": True}, workspace=workspace, listener=told.append
    ).to_dict()
    assert (resumed["state"], resumed["attempt"]) == ("done", 2)
    assert told[0].data == {"state": "queued", "attempt": 2}
    assert [event.kind for event in told].count("resumed") == 1
    rest = invoke("logs", {"job": short, "offset": first["offset"]}, workspace=workspace).to_dict()
    assert rest["events"] == [event.to_dict() for event in told]
    with pytest.raises(ConflictError):
        invoke("resume", {"job": short}, workspace=workspace)
    with pytest.raises(ConflictError):
        invoke("cancel", {"job": short}, workspace=workspace)


def test_a_followed_log_ends_with_the_job(workspace: Workspace, start_count: StartCount):
    job = start_count(15)
    told: list[Event] = []
    log = invoke(
        "logs", {"job": job.name, "follow": True}, workspace=workspace, listener=told.append
    ).to_dict()
    assert log["state"] == "done"
    assert [event.data["state"] for event in told if event.kind == "state"] == [
        "queued",
        "running",
        "done",
    ]


def test_cancel_says_where_the_job_is(workspace: Workspace, start_count: StartCount):
    job = start_count()
    until(lambda: step_of(job) > 1)
    report = invoke("cancel", {"job": job.name}, workspace=workspace).to_dict()
    assert (report["job"], report["state"], report["pid"]) == (job.name, "cancelled", None)


@pytest.mark.parametrize("verb", ["logs", "cancel", "pause", "resume"])
def test_a_wrong_name_is_a_sentence(workspace: Workspace, verb: str):
    with pytest.raises(NotFoundError, match="no job is called 'x'; there is none yet"):
        invoke(verb, {"job": "x"}, workspace=workspace)


def test_a_wrong_state_is_a_sentence(workspace: Workspace):
    with pytest.raises(UsageError, match="'runing'"):
        invoke("jobs", {"state": ["runing"]}, workspace=workspace)
