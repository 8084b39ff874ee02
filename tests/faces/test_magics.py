"""The magics in a real IPython, and in a real kernel run by a notebook client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import polars
import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import AmbiguousError, NotFoundError, UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.magics.completion import complete
from llmops_workbench.tracking import datasets


@pytest.fixture
def ip(inside: Workspace) -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False  # its file would outlive the folder that it is in
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "llmops_workbench")
    before = set(shell.user_ns)
    yield shell
    shell.run_line_magic("unload_ext", "llmops_workbench")
    for name in set(shell.user_ns) - before:
        del shell.user_ns[name]
    InteractiveShell.clear_instance()


def run(ip: InteractiveShell, cell: str) -> Any:
    done = ip.run_cell(cell)
    done.raise_error()
    return done.result


def completions(ip: InteractiveShell, text: str) -> list[str]:
    """Ask as a front end does, and give the whole words that would then stand there."""
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        found = list(ip.Completer.completions(text, len(text)))
    return [(text[: each.start] + each.text).split()[-1] for each in found]


def test_a_line_gives_the_result(ip: InteractiveShell) -> None:
    result = run(ip, "%llmops echo hi --times 3")
    assert result.given["times"] == 3
    assert run(ip, "y = %llmops echo there") is None
    assert ip.user_ns["y"].given["text"] == "there"


def test_the_result_is_stored_under_a_name(ip: InteractiveShell) -> None:
    run(ip, "%llmops echo hi -o kept")
    assert ip.user_ns["kept"].given["text"] == "hi"
    with pytest.raises(UsageError, match="not a name that a variable can have"):
        run(ip, "%llmops echo hi -o 1x")


def test_the_body_of_a_cell_is_handed_over_as_it_stands(ip: InteractiveShell) -> None:
    ip.user_ns["name"] = "Ada"
    body = "Dear {name}, {{column}} $name ${{x}}\n你好\n"
    result = run(ip, f"%%llmops echo '{{{{text}}}} $name' --loud\n{body}")
    assert result.given["note"] == body
    assert result.given["text"] == "{{text}} $name"
    assert result.given["loud"] is True


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table, polars.DataFrame])
def test_a_table_in_the_kernel_is_given_by_its_name(ip: InteractiveShell, make: Any) -> None:
    ip.user_ns["reviews"] = make({"text": ["a", "b", "c"]})
    assert run(ip, "%llmops rows_of reviews").rows == 3


def test_a_name_found_twice_names_both(ip: InteractiveShell, inside: Workspace) -> None:
    with activate(inside):
        datasets.register("reviews", pa.table({"text": ["a"]}))
    assert run(ip, "%llmops rows_of reviews").rows == 1
    ip.user_ns["reviews"] = pd.DataFrame({"text": ["a", "b"]})
    with pytest.raises(AmbiguousError, match="'dataset:reviews' for the first"):
        run(ip, "%llmops rows_of reviews")
    assert run(ip, "%llmops rows_of dataset:reviews").rows == 1


def test_a_file_comes_before_a_variable(ip: InteractiveShell, inside: Workspace) -> None:
    (inside.root / "reviews.csv").write_text("text\na\nb\n", encoding="utf-8")
    ip.user_ns["reviews"] = pd.DataFrame({"text": ["a"]})
    assert run(ip, "%llmops rows_of reviews.csv").rows == 2


def test_what_is_no_table_is_said(ip: InteractiveShell) -> None:
    ip.user_ns["reviews"] = [1, 2]
    with pytest.raises(NotFoundError, match="the variable of that name is a list"):
        run(ip, "%llmops rows_of reviews")
    ip.user_ns["reviews_2"] = pd.DataFrame({"a": [1]})
    with pytest.raises(NotFoundError, match="did you mean 'reviews_2'"):
        run(ip, "%llmops rows_of revews_2")


def test_an_error_is_one_line_unless_debug_is_asked_for(
    ip: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not ip.run_cell("%llmops ehco hi").success
    shown = capsys.readouterr()
    assert shown.out.strip() == "no verb is called 'ehco'; did you mean 'echo'?"
    assert not ip.run_cell("%llmops echo hi --times 0 --debug").success
    assert "Traceback" in capsys.readouterr().out


def test_help_ends_with_an_example_that_runs(
    ip: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    run(ip, "%llmops echo --help")
    shown = capsys.readouterr().out
    assert "-o NAME" in shown
    assert run(ip, shown.splitlines()[-1].strip()).given["tone"] == "cool"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%llmops ec", "echo"),
        ("y = %llmops ec", "echo"),
        ("%%llmops ec", "echo"),
        ("%llmops echo --to", "--tone"),
        ("%llmops echo hi --no-l", "--no-loud"),
        ("y = %llmops echo hi --tone c", "cool"),
        ("%llmops echo hi --tone=c", "--tone=cool"),
        ("%llmops echo hi --workspace . --tone w", "warm"),
        ("%llmops rows_of re", "reviews"),
        ("%llmops rows_of fr", "frame"),
        ("%llmops rows_of dataset:re", "dataset:reviews"),
        ("%llmops rows_of reviews@g", "reviews@good"),
        ("%llmops rows_of --source re", "reviews"),
        ("%llmops rows_of reviews --column te", "text"),
        ("%llmops rows_of frame --column le", "length"),
        ("%llmops rows_of small.csv --column be", "best"),
        ("%llmops rows_of reviews --metric rougeLs", "rougeLsum"),
    ],
)
def test_completion(ip: InteractiveShell, inside: Workspace, text: str, expected: str) -> None:
    with activate(inside):
        version = datasets.register("reviews", pa.table({"text": ["a"], "stars": [1]}))
        from llmops_workbench.tracking.catalogue import Catalogue

        Catalogue(inside).set_alias("dataset", "reviews", "good", int(version.ref.version))
    ip.user_ns["frame"] = pd.DataFrame({"length": [1]})
    (inside.root / "small.csv").write_text("best,worst\n1,2\n")
    found = completions(ip, text)
    assert expected in found
    assert "repr" not in found, "Python's own names have no place in a magic's line"


def test_completion_is_silent_elsewhere_and_never_raises(
    ip: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "echo" not in completions(ip, "print('%llmops') or ec")
    monkeypatch.chdir(tmp_path)
    for text in ("%llmops rows_of 'ab", "%llmops nothing ", "%llmops echo --zz ", '%llmops "'):
        assert isinstance(completions(ip, text), list)
    assert complete("nothing at all", {}) == []


def test_a_headless_run_fails_with_one_line(inside: Workspace) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("%load_ext llmops_workbench"),
        nbformat.v4.new_code_cell("%llmops echo hi"),
        nbformat.v4.new_code_cell("%llmops echo hi --tonn cool"),
    ]
    client = NotebookClient(notebook, resources={"metadata": {"path": str(inside.root)}})
    with pytest.raises(CellExecutionError):
        client.execute()
    (output,) = notebook.cells[2].outputs
    assert output.output_type == "error"
    assert output.ename == "UsageError"
    assert output.traceback == ["echo has no flag --tonn; did you mean --tone?"]
    assert "<table>" in notebook.cells[1].outputs[0].data["text/html"]


def test_interrupting_a_cell_leaves_the_job_and_says_how_to_come_back(inside: Workspace) -> None:
    import threading

    from llmops_workbench.execution import control, job

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("%load_ext llmops_workbench"),
        nbformat.v4.new_code_cell("%llmops linger 300"),
    ]
    client = NotebookClient(
        notebook, resources={"metadata": {"path": str(inside.root)}}, allow_errors=True
    )

    def interrupt() -> None:
        until = time.monotonic() + 60
        while not (inside.root / "started").exists() and time.monotonic() < until:
            time.sleep(0.05)
        client.km.provisioner.process.send_signal(2)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    client.execute()
    watcher.join()
    (job_id,) = job.job_names(inside)
    found = job.find_job(inside, job_id)
    assert found.state.state == "running"
    said = "".join(out.get("text", "") for out in notebook.cells[1].outputs)
    assert f"%llmops logs {job_id} --follow" in said
    assert notebook.cells[1].outputs[-1].ename == "KeyboardInterrupt"
    control.cancel(found)


def test_progress_is_one_display_that_is_updated(inside: Workspace) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("%load_ext llmops_workbench"),
        nbformat.v4.new_code_cell("%llmops linger 0.5"),
    ]
    NotebookClient(notebook, resources={"metadata": {"path": str(inside.root)}}).execute()
    kinds = [out.output_type for out in notebook.cells[1].outputs]
    assert kinds.count("display_data") == 1
    assert kinds[-1] == "execute_result"
