from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import JobError
from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.checkpoints import Checkpoints, checkpoints
from tests.execution.waiting import until


def write(text: str, place: Path) -> None:
    (place / "weights").mkdir()
    (place / "weights" / "data.bin").write_text(text)


def steps(kept: Checkpoints) -> list[int]:
    return [found.step for found in kept.all()]


def test_the_last_and_the_best_are_kept(tmp_path: Path):
    kept = Checkpoints(tmp_path)
    for step, loss in ((10, 3.0), (20, 1.0), (30, 2.0), (40, float("nan")), (50, 1.5)):
        kept.save(step, partial(write, f"at {step}"), metric=loss)
    assert steps(kept) == [20, 50]
    best, latest = kept.best(), kept.latest()
    assert best is not None and latest is not None
    assert (best.step, best.metric, latest.step) == (20, 1.0, 50)
    assert (best.path / "weights" / "data.bin").read_text() == "at 20"


def test_a_higher_metric_may_be_the_better_one(tmp_path: Path):
    kept = Checkpoints(tmp_path, higher_is_better=True)
    for step, accuracy in ((1, 0.2), (2, 0.9), (3, 0.5)):
        kept.save(step, partial(write, ""), metric=accuracy)
    assert steps(kept) == [2, 3]
    # A later reader does not have to be told.
    assert Checkpoints.open(tmp_path).superfluous() == []


def test_a_failed_save_leaves_the_one_before(tmp_path: Path):
    kept = Checkpoints(tmp_path)
    kept.save(1, partial(write, "good"))

    def fail(place: Path) -> None:
        write("half", place)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        kept.save(2, fail)
    assert steps(kept) == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["step-0000000001"]


def test_a_cut_off_checkpoint_is_not_resumed_from(tmp_path: Path):
    kept = Checkpoints(tmp_path)
    kept.save(1, partial(write, "one"), metric=1.0)
    newer = kept.save(2, partial(write, "twotwo"), metric=2.0)
    (newer.path / "weights" / "data.bin").write_text("two")
    latest = kept.latest()
    assert latest is not None and latest.step == 1
    assert kept.superfluous() == [newer.path]


def test_the_same_step_may_be_saved_again(tmp_path: Path):
    kept = Checkpoints(tmp_path)
    kept.save(5, partial(write, "first"))
    again = kept.save(5, partial(write, "second"))
    assert (again.path / "weights" / "data.bin").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["step-0000000005"]


def test_a_trainers_own_folder_is_taken_over(tmp_path: Path):
    written = tmp_path / "checkpoint-7"
    written.mkdir()
    (written / "optimizer.pt").write_text("state")
    kept = Checkpoints(tmp_path / "checkpoints")
    found = kept.adopt(7, written, metric=0.5, epoch=1)
    assert (found.path / "optimizer.pt").read_text() == "state"
    assert not written.exists()
    latest = kept.latest()
    assert latest is not None and latest.facts == {"epoch": 1}


def test_a_kill_at_any_moment_leaves_a_whole_checkpoint(tmp_path: Path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from llmops_workbench.execution.checkpoints import Checkpoints\n"
        "kept = Checkpoints(Path(sys.argv[1]))\n"
        "step = int(sys.argv[2])\n"
        "while True:\n"
        "    step += 1\n"
        "    text = str(step) * 2000\n"
        "    kept.save(step, lambda place: (place / 'data').write_text(text))\n"
    )
    reached = 0
    for _ in range(4):
        writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(reached)])
        kept = Checkpoints(tmp_path)

        def further(kept: Checkpoints = kept, reached: int = reached) -> bool:
            latest = kept.latest()
            return latest is not None and latest.step > reached + 3

        until(further)
        writer.kill()
        writer.wait()
        latest = kept.latest()
        assert latest is not None
        assert (latest.path / "data").read_text() == str(latest.step) * 2000
        reached = latest.step


def test_they_are_found_by_the_call(workspace: Workspace, tmp_path: Path):
    told: list[Event] = []
    with activate(workspace, job_dir=tmp_path, listener=told.append):
        assert checkpoints().resume() is None
        checkpoints().save(3, partial(write, ""))
        assert checkpoints().folder == tmp_path / "checkpoints"
        found = checkpoints().resume()
    assert found is not None and found.step == 3
    assert [(event.kind, event.data["step"]) for event in told] == [
        ("checkpoint", 3),
        ("resumed", 3),
    ]
    with activate(workspace, run_id="ab"):
        assert workspace.dot in checkpoints().folder.parents
    with activate(workspace), pytest.raises(JobError, match="need a job or a run"):
        checkpoints()
