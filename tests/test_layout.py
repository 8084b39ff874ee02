"""Where things stand: folders, names, sizes, what git holds and what a wheel carries."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "llmops_workbench"

TOP_LEVEL = {
    ".ci",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "constraints.txt",
    "docs",
    "labextension",
    "llmops_workbench",
    "pyproject.toml",
    "templates",
    "tests",
}
ROOMS = {
    "core",
    "tracking",
    "text",
    "models",
    "scoring",
    "execution",
    "data",
    "prompts",
    "tuning",
    "evaluation",
    "governance",
    "serving",
    "feedback",
    "monitoring",
    "pipelines",
    "faces",
    "static",
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
GENERATED = (".pyc", ".so", ".whl", ".egg-info", ".db", ".sqlite", ".safetensors", ".gguf", ".log")
LONGEST_LINES = 400
HEAVY = {
    "accelerate",
    "anywidget",
    "datasets",
    "duckdb",
    "ipywidgets",
    "mlflow",
    "nbclient",
    "nbformat",
    "numpy",
    "pandas",
    "panel",
    "papermill",
    "peft",
    "plotly",
    "polars",
    "pyarrow",
    "sacrebleu",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "torch",
    "transformers",
    "trl",
}
# A package that is one thing behind one name.
EXPORTING = {"core/store"}
# What is imported only once a store is open, by MLflow itself, or beside the library it extends.
HEAVY_ALLOWED = {
    "core/store/": {"sqlalchemy"},
    "tracking/": {"sqlalchemy"},
    "tracking/artifacts.py": {"mlflow"},
    "faces/dashboards/page.py": {"panel"},  # the same, imported by the application that serves it
    "faces/widgets/panel.py": {"anywidget"},  # the same: a widget is a class of its library
    "tuning/callbacks.py": {"transformers"},  # subclasses, imported by the loop that uses them
}


def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_level_imports(tree: ast.Module) -> set[str]:
    """First names of what runs on import: function bodies and TYPE_CHECKING blocks are left out."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
        waiting.extend(ast.iter_child_nodes(node))
    return found


def test_the_reader_of_imports_sees_what_runs_and_only_that() -> None:
    tree = ast.parse(
        "import torch.nn\n"
        "if TYPE_CHECKING:\n    import pandas\nelse:\n    import duckdb\n"
        "def f():\n    import mlflow\n"
        "class A:\n    import numpy\n    def g(self):\n        import scipy\n"
        "try:\n    from plotly import io\nexcept ImportError:\n    pass\n"
    )
    assert module_level_imports(tree) == {"torch", "duckdb", "numpy", "plotly"}


def test_top_level_entries_are_the_known_ones() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


def test_rooms_are_those_of_the_design() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms <= ROOMS


def test_git_holds_nothing_generated() -> None:
    made = [
        name
        for name in tracked()
        if name.endswith(GENERATED) or "__pycache__" in name or "/node_modules/" in f"/{name}"
    ]
    assert not made


def test_what_make_leaves_behind_is_ignored() -> None:
    left = [".venv/x", "demo/x", "dist/x", "tests/__pycache__/x", "labextension/node_modules/x"]
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "check-ignore", *left], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == left


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = [
        str(path.relative_to(ROOT))
        for path in [*sources(), *(path.parent for path in PACKAGE.rglob("__init__.py"))]
        if path.stem in FORBIDDEN_NAMES
    ]
    assert not empty


def test_files_hold_one_thing() -> None:
    lengths = {
        name: len((ROOT / name).read_text(encoding="utf-8").splitlines())
        for name in tracked()
        if name.endswith(".py")
    }
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_LINES}


def test_package_files_say_what_they_are_for_and_import_nothing() -> None:
    for path in PACKAGE.glob("**/__init__.py"):
        if path.parent == PACKAGE or path.parent.relative_to(PACKAGE).as_posix() in EXPORTING:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"
        assert len(tree.body) == 1, f"{path.relative_to(ROOT)} holds more than a docstring"


def test_importing_a_module_imports_no_heavy_library() -> None:
    heavy = {}
    for path in sources():
        name = path.relative_to(PACKAGE).as_posix()
        allowed = set().union(
            *(names for place, names in HEAVY_ALLOWED.items() if name.startswith(place))
        )
        found = module_level_imports(ast.parse(path.read_text(encoding="utf-8"))) & HEAVY - allowed
        if found:
            heavy[name] = sorted(found)
    assert not heavy


def test_the_repository_names_no_machine_of_its_writers() -> None:
    places = ("/" + "work/", "/opt/" + "pypi", "/tmp/" + "notes")
    named = [
        name
        for name in tracked()
        if not name.endswith((".png", ".ico", ".lock"))
        and any(place in (ROOT / name).read_text(encoding="utf-8") for place in places)
    ]
    assert not named


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout, without a network once its JavaScript is built."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_the_code_and_the_templates(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    code = {path.relative_to(ROOT).as_posix() for path in sources()}
    templates = {f"llmops_workbench/{name}" for name in tracked() if name.startswith("templates/")}
    assert code <= inside
    assert templates <= inside
    assert "llmops_workbench/py.typed" in inside
    tops = {name.split("/")[0] for name in inside}
    assert {top.rpartition(".")[2] for top in tops} == {"llmops_workbench", "dist-info", "data"}


def test_the_wheel_carries_what_was_built_once_and_where_jupyter_looks(wheel: Path) -> None:
    inside = {name.partition(".data/")[2] or name for name in zipfile.ZipFile(wheel).namelist()}
    share = "data/share/jupyter/labextensions/llmops-workbench"
    assert {f"{share}/package.json", f"{share}/install.json"} <= inside
    assert any(name.startswith(f"{share}/static/remoteEntry.") for name in inside)
    assert "data/etc/jupyter/jupyter_server_config.d/llmops_workbench.json" in inside
    assert "llmops_workbench/static/sources.sha256" in inside
    assert not any(name.startswith("llmops_workbench/labextension/") for name in inside)


def test_the_wheel_declares_the_command_and_the_artifact_scheme(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    text = archive.read(points).decode()
    assert "llmops = llmops_workbench.faces.cli:main" in text
    assert "llmops = llmops_workbench.tracking.artifacts:LLMOpsArtifactRepository" in text
