"""What a job has told, added up from its event file as it grows, resumes and is torn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core.events import Event
from llmops_workbench.execution import story as stories
from llmops_workbench.execution.folder import JobFolder
from llmops_workbench.execution.story import story_of


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    path = tmp_path / "20261124-101500-tune-7f3a"
    path.mkdir()
    return JobFolder(path)


def tell(folder: JobFolder, kind: str, time: str = "2026-11-24T10:00:00.000Z", **data: Any) -> None:
    folder.append(Event(kind, data, time))


def numbers(folder: JobFolder, name: str, part: str = "") -> dict[float, float]:
    steps, values = story_of(folder).series[part, name].thin(1000)
    return dict(zip(steps, values, strict=True))


def test_each_byte_is_read_once(folder: JobFolder, monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    read = JobFolder.read_events

    def counted(self: JobFolder, offset: int = 0) -> Any:
        asked.append(offset)
        return read(self, offset)

    monkeypatch.setattr(JobFolder, "read_events", counted)
    for step in range(1, 6):
        tell(folder, "metric", step=step, steps=5, loss=1 / step)
        assert len(story_of(folder).series["", "loss"]) == step
    sizes = [0]
    for line in folder.events_file.read_bytes().splitlines(keepends=True):
        sizes.append(sizes[-1] + len(line))
    assert asked == sizes[:-1]


def test_a_line_that_is_being_written_waits(folder: JobFolder):
    tell(folder, "metric", step=1, loss=1.0)
    with folder.events_file.open("ab") as stream:
        stream.write(b'{"time":"2026-11-24T10:00:01.000Z","kind":"metric","step":2,')
    assert len(story_of(folder).series["", "loss"]) == 1
    with folder.events_file.open("ab") as stream:
        stream.write(b'"loss":0.5}\n')
    assert numbers(folder, "loss") == {1: 1.0, 2: 0.5}


def test_what_is_no_number_is_in_no_chart(folder: JobFolder):
    with folder.events_file.open("ab") as stream:
        for value in ("NaN", "Infinity", "true", '"0.5"', "null"):
            stream.write(f'{{"time":"t","kind":"metric","step":1,"loss":{value}}}\n'.encode())
    tell(folder, "metric", loss=1.0)
    assert story_of(folder).series == {}


def test_a_resume_replaces_what_was_told_behind_its_checkpoint(folder: JobFolder):
    for step in range(1, 11):
        tell(folder, "metric", step=step, loss=1.0, **({"eval_loss": 1.0} if step == 9 else {}))
    tell(folder, "state", state="interrupted", attempt=1)
    tell(folder, "state", state="queued", attempt=2)
    tell(folder, "resumed", step=6)
    assert set(numbers(folder, "loss")) == {1, 2, 3, 4, 5, 6}
    assert numbers(folder, "eval_loss") == {}
    tell(folder, "metric", step=7, loss=2.0)
    assert numbers(folder, "loss")[7] == 2.0


def test_the_time_of_pauses_does_not_count(folder: JobFolder):
    moments = [
        ("queued", "10:00:00"),
        ("running", "10:00:10"),
        ("paused", "10:00:40"),
        ("queued", "11:00:00"),
        ("running", "11:00:05"),
    ]
    for state, moment in moments:
        tell(folder, "state", f"2026-11-24T{moment}.000Z", state=state, attempt=1)
    assert story_of(folder).ran_seconds("2026-11-24T11:00:15.000Z") == 40
    tell(folder, "state", "2026-11-24T11:00:25.000Z", state="done", attempt=2)
    assert story_of(folder).ran_seconds("2026-11-25T00:00:00.000Z") == 50


def test_bars_of_nested_work_stay_apart_and_a_new_attempt_begins_anew(folder: JobFolder):
    tell(folder, "progress", label="models", done=0, total=2, unit="models")
    for done in (0, 5, 10):
        tell(folder, "progress", label="rows", done=done, total=10, unit="rows", eta_seconds=1.0)
    tell(folder, "progress", label="models", done=1, total=2, unit="models")
    tell(folder, "progress", label="rows", done=3, total=10, unit="rows")
    bars = {bar.label: (bar.done, bar.complete) for bar in story_of(folder).bars.values()}
    assert bars == {"models": (1, False), "rows": (3, False)}
    tell(folder, "state", state="queued", attempt=2)
    assert story_of(folder).bars == {}


def test_the_steps_of_a_pipeline_have_their_own_numbers(folder: JobFolder):
    for name in ("first", "second"):
        tell(folder, "step", step=name, state="running")
        tell(folder, "metric", step=1, loss=1.0)
        tell(folder, "metric", step=2, loss=0.5)
        tell(folder, "step", step=name, state="done", seconds=2.0)
    story = story_of(folder)
    assert [(part.name, part.state, part.seconds) for part in story.parts.values()] == [
        ("first", "done", 2.0),
        ("second", "done", 2.0),
    ]
    assert numbers(folder, "loss", "first") == numbers(folder, "loss", "second") == {1: 1.0, 2: 0.5}


def test_of_many_warnings_the_newest_are_kept_and_all_are_counted(folder: JobFolder):
    for number in range(stories._MOST_TOLD + 50):
        tell(folder, "warning", message=f"{number} {'x' * 3000}")
    story = story_of(folder)
    assert story.count == stories._MOST_TOLD + 50
    assert len(story.told) == stories._MOST_TOLD
    assert len(json.dumps(story.told[-1])) < 2200


def test_a_job_in_the_place_of_a_removed_one_is_read_anew(folder: JobFolder):
    for step in range(5):
        tell(folder, "metric", step=step, loss=1.0)
    assert len(story_of(folder).series["", "loss"]) == 5
    folder.events_file.unlink()
    tell(folder, "metric", step=1, loss=3.0)
    assert numbers(folder, "loss") == {1: 3.0}
