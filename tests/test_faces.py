"""Every operation gives the same through all five faces.

`faces_cases/<verb>.py` holds `cases(workspace)`: it prepares a workspace and gives two or more sets
of arguments, the first with the defaults. Each face works in a copy of its own of that workspace.
`after(workspace, result)`, where there is one, ends what a call has left running.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import llmops_workbench as lw
from llmops_workbench.core import operations, replay
from llmops_workbench.core.context import activate
from llmops_workbench.core.operations import Operation, to_json
from llmops_workbench.core.plugins import load_file
from llmops_workbench.core.results import Result
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.faces import functions
from llmops_workbench.faces.cli import main
from llmops_workbench.pipelines import running, steps, templates
from llmops_workbench.pipelines.graph import Step
from tests.preparing import as_the_job, register_tiny

CASES = Path(__file__).parent / "faces_cases"
VERBS = sorted(operations.built_in())
Face = Callable[[Operation, dict[str, Any], Workspace], Result]

REVIEWS = """text,label
a fine film,pos
dull and long,neg
a joy from start to end,pos
nobody should see this,neg
warm and clever,pos
a waste of an evening,neg
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a data set and two models, and the record's database, which takes time."""
    from llmops_workbench.tracking import datasets, outbox

    workspace = Workspace.init(tmp_path_factory.mktemp("faces") / "base")
    (workspace.root / "reviews.csv").write_text(REVIEWS, encoding="utf-8")
    register_tiny(workspace, tmp_path_factory.mktemp("tiny"))
    with activate(workspace):
        table = datasets.read_file(workspace.root / "reviews.csv").table
        datasets.register("reviews", table)
        outbox.drain(workspace)
    return workspace


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False
    found = InteractiveShell.instance(config=config)
    found.run_line_magic("load_ext", "llmops_workbench")
    yield found
    InteractiveShell.clear_instance()


def copied(workspace: Workspace, folder: Path) -> Workspace:
    workspace.store.engine.dispose()  # the write-ahead log goes into the file
    shutil.copytree(workspace.root, folder)
    return Workspace(folder)


@contextmanager
def inside(workspace: Workspace) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(workspace.root)
    try:
        yield
    finally:
        os.chdir(before)


def python_face(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
    result: Result = getattr(lw, operation.name)(**arguments)
    return result


def magic_face(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
    shell = InteractiveShell.instance()
    with as_the_job():
        shell.run_cell(replay.magic(operation.name, arguments, output="kept")).raise_error()
    result: Result = shell.user_ns.pop("kept")
    return result


def shell_face(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
    """Let a real shell take the line apart, and the command's own function run it."""
    command = workspace.root.parent / "llmops"
    command.write_text(
        '#!/bin/sh\nprintf "%s\\0" "$@"\nfor last; do :; done\nif [ "$last" = - ]; then cat; fi\n'
    )
    command.chmod(0o755)
    taken = subprocess.run(
        ["sh", "-c", replay.shell(operation.name, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"},
    ).stdout
    *words, body = taken.split("\0")
    shown, said = io.StringIO(), io.StringIO()
    typed = io.StringIO(body)
    with (
        as_the_job(),
        redirect_stdout(shown),
        redirect_stderr(said),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "stdin", typed)
        code = main([*words, "--json"])
    assert code == 0, said.getvalue()
    last = shown.getvalue().splitlines()[-1]
    result: Result = operation.result_type.model_validate_json(last)
    return result


def form_face(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
    payload = json.loads(json.dumps(arguments))
    schema = json.loads(json.dumps(operation.schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(payload, schema)
    with as_the_job():
        return invoke(operation.name, payload, workspace=workspace)


def step_face(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
    """Let papermill run the template, its cells in this process instead of a kernel's."""
    import papermill
    from papermill.engines import Engine, papermill_engines

    class Here(Engine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
            namespace: dict[str, Any] = {}
            for cell in nb_man.nb.cells:
                if cell.cell_type == "code":
                    exec(cell.source, namespace)

    papermill_engines.register("here", Here)
    source = workspace.path("faces", "source.ipynb")
    source.write_text(templates.source(operation.name), encoding="utf-8")
    papermill.execute_notebook(
        source, "out.ipynb", arguments, engine_name="here", progress_bar=False
    )
    record = json.loads((workspace.root / steps.RESULT).read_text(encoding="utf-8"))
    result: Result = operation.result_type.model_validate(record)
    return result


def kernel_face(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
    """Run the template as a step of a pipeline: a process, papermill, and a kernel."""
    step = Step(operation.name, templates.source(operation.name))
    with activate(workspace):
        ended = running.run(step, arguments, workspace.path("faces", operation.name))
    result: Result = operation.result_type.model_validate(ended.result)
    assert ended.digest == result.digest()
    return result


def process_face(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
    """Run the command as a process."""
    line = shlex.split(replay.shell(operation.name, arguments))[1:]
    command = [sys.executable, "-m", "llmops_workbench.faces.cli", *line, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result: Result = operation.result_type.model_validate_json(done.stdout.splitlines()[-1])
    return result


FACES: dict[str, Face] = {
    "python": python_face,
    "magic": magic_face,
    "shell": shell_face,
    "form": form_face,
    "step": step_face,
}
# The same without any short cut; slower, so only the dropped-in operation goes this way, too.
PROCESSES: dict[str, Face] = {"process": process_face, "kernel": kernel_face}


def hold_equal(
    operation: Operation,
    sets: list[dict[str, Any]],
    workspace: Workspace,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: Callable[[Workspace, Result], None] = lambda workspace, result: None,
    faces: dict[str, Face] = FACES,
) -> None:
    """Run each set through each face and compare."""
    for number, arguments in enumerate(sets):
        digests = {}
        for name, face in faces.items():
            place = copied(workspace, folder / f"{number}-{name}" / "workspace")
            monkeypatch.setattr(functions, "_opened", None)
            with inside(place):
                result = face(operation, arguments, place)
                after(place, result)
            assert isinstance(result, operation.result_type), name
            digests[name] = result.digest()
            place.store.engine.dispose()
        assert len(set(digests.values())) == 1, f"{operation.name} {arguments}: {digests}"


def cases_of(verb: str) -> Any:
    file = CASES / f"{verb}.py"
    assert file.is_file(), f"write tests/faces_cases/{verb}.py: {verb} is in no test of the faces"
    spec = importlib.util.spec_from_file_location(f"faces_cases_{verb}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(900)  # an endpoint and a tuning start a process each, ten times
@pytest.mark.parametrize("verb", VERBS)
def test_every_face_gives_the_same(
    verb: str,
    base: Workspace,
    shell: InteractiveShell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = cases_of(verb)
    prepared = copied(base, tmp_path / "prepared")
    with inside(prepared):
        sets = module.cases(prepared)
    operation = operations.get(verb)
    optional = {p.name: to_json(p.default) for p in operation.parameters if not p.required}
    assert len(sets) >= (2 if optional else 1), "a set with the defaults, and one with others"
    if optional:
        assert any(
            name in optional and value != optional[name]
            for each in sets[1:]
            for name, value in each.items()
        ), "no set gives a value that is not the default"
    ends = {"after": module.after} if hasattr(module, "after") else {}
    hold_equal(operation, sets, prepared, tmp_path, monkeypatch, **ends)


def test_no_case_is_left_of_an_operation_that_is_gone() -> None:
    assert {file.stem for file in CASES.glob("*.py")} <= set(VERBS)


PLUGIN = '''
from typing import Literal

from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import DatasetRef
from llmops_workbench.core.results import Result


class Count(Result):
    rows: int
    unit: str


@operation(stage="data")
def count_dropped_in(data: DatasetRef, *, unit: Literal["rows", "pairs"] = "rows") -> Count:
    """Count the rows of a data set.

    Args:
        data: Which rows.
        unit: What is counted.

    Example:
        llmops count_dropped_in reviews --unit pairs
    """
    from llmops_workbench.tracking import datasets

    rows = datasets.load(data).num_rows
    return Count(rows=rows if unit == "rows" else rows * (rows - 1) // 2, unit=unit)
'''


def test_an_operation_dropped_in_as_one_file_appears_in_all_five(
    base: Workspace,
    shell: InteractiveShell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "dropped_in.py"
    file.write_text(PLUGIN, encoding="utf-8")
    monkeypatch.setenv("LLMOPS_PLUGINS", str(file))
    load_file(file)
    name = "count_dropped_in"
    operation = operations.get(name)
    assert name in dir(lw)
    assert operation.schema()["properties"]["unit"]["enum"] == ["rows", "pairs"]
    sets = [{"data": "reviews"}, {"data": "dataset:reviews@1", "unit": "pairs"}]
    prepared = copied(base, tmp_path / "prepared")
    hold_equal(operation, sets, prepared, tmp_path / "here", monkeypatch)
    slow = {"python": python_face, **PROCESSES}
    hold_equal(operation, sets[1:], prepared, tmp_path / "apart", monkeypatch, faces=slow)
    with inside(prepared):
        assert lw.count_dropped_in("reviews", unit="pairs").rows == 15


def test_a_difference_between_two_faces_would_be_seen(
    base: Workspace, shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"text": "other"}

    def liar(operation: Operation, arguments: dict[str, Any], workspace: Workspace) -> Result:
        return python_face(operation, {**arguments, **wrong}, workspace)

    load_file(Path(__file__).parent / "faces" / "plugin.py")
    faces: dict[str, Face] = {"python": python_face, "form": liar}
    with pytest.raises(AssertionError, match="echo"):
        hold_equal(
            operations.get("echo"), [{"text": "hi"}], base, tmp_path, monkeypatch, faces=faces
        )
