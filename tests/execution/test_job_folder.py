from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_workbench.core.errors import ConflictError, JobError
from llmops_workbench.core.events import Event
from llmops_workbench.execution.folder import (
    DONE,
    PAUSE,
    QUEUED,
    RUNNING,
    STOP,
    JobFolder,
    State,
    read_json,
    write_json,
)
from tests.execution.waiting import until


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    made = JobFolder(tmp_path / "job")
    made.path.mkdir()
    return made


def test_a_cursor_gives_each_event_once(folder: JobFolder):
    folder.append(Event("a", {"n": 1}))
    first, offset = folder.read_events()
    folder.append(Event("b", {"text": "Ünïcode 字"}))
    second, end = folder.read_events(offset)
    assert [event.kind for event in first] == ["a"]
    assert [event.data for event in second] == [{"text": "Ünïcode 字"}]
    assert folder.read_events(end) == ([], end)
    assert end == folder.events_size()


def test_a_line_that_is_being_written_waits_and_a_torn_one_is_skipped(folder: JobFolder):
    folder.append(Event("a"))
    with folder.events_file.open("ab") as stream:
        stream.write(b'{"time":"x","kind":"half')
    events, offset = folder.read_events()
    assert [event.kind for event in events] == ["a"]
    # The writer was killed there; the next attempt goes on.
    folder.append(Event("c"))
    later, _ = folder.read_events(offset)
    assert [event.kind for event in later] == ["c"]
    assert [event.kind for event in folder.read_events()[0]] == ["a", "c"]


def test_lines_of_several_processes_never_mix(folder: JobFolder):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from llmops_workbench.core.events import Event\n"
        "from llmops_workbench.execution.folder import JobFolder\n"
        "folder = JobFolder(Path(sys.argv[1]))\n"
        "for n in range(300):\n"
        "    folder.append(Event(sys.argv[2], {'n': n, 'text': 'x' * 500}))\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(folder.path), name]) for name in "pqr"
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    events, _ = folder.read_events()
    for name in "pqr":
        assert [e.data["n"] for e in events if e.kind == name] == list(range(300))
    assert len([line for line in folder.events_file.read_bytes().split() if line]) == 900


def test_a_file_is_whole_whenever_its_writer_is_killed(tmp_path: Path):
    file = tmp_path / "state.json"
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from llmops_workbench.execution.folder import write_json\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    write_json(Path(sys.argv[1]), {'n': n, 'text': str(n) * 5000}, durable=False)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(file)])
    try:
        until(file.exists)
        for _ in range(300):
            data = read_json(file)
            assert data is not None
            assert data["text"] == str(data["n"]) * 5000
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    left = json.loads(file.read_text())
    assert left["text"] == str(left["n"]) * 5000


def test_a_state_changes_only_from_where_it_is_expected(folder: JobFolder):
    with pytest.raises(JobError, match="has no state"):
        folder.state()
    folder.put(State(QUEUED))
    folder.change(RUNNING, expect=(QUEUED,), attempt=1)
    with pytest.raises(ConflictError, match="is running"):
        folder.change(DONE, expect=(QUEUED,))
    with pytest.raises(ConflictError, match="attempt 1"):
        folder.change(DONE, expect=(RUNNING,), attempt=2)
    folder.change(DONE, expect=(RUNNING,), message="at last")
    assert (folder.state().state, folder.state().message) == (DONE, "at last")
    told = [event.data for event in folder.read_events()[0]]
    assert told == [
        {"state": "running", "attempt": 1},
        {"state": "done", "attempt": 1, "message": "at last"},
    ]


def test_a_stop_goes_before_a_pause(folder: JobFolder):
    assert folder.requested() is None
    folder.request(PAUSE, "ada")
    assert folder.requested() == PAUSE
    folder.request(STOP, "ada")
    assert folder.requested() == STOP
    folder.clear_requests()
    assert folder.requested() is None


def test_a_damaged_file_is_named(folder: JobFolder):
    write_json(folder.state_file, {"state": "running"})
    folder.state_file.write_text("{")
    with pytest.raises(JobError, match=r"'state\.json' of job 'job' is damaged"):
        folder.state()
