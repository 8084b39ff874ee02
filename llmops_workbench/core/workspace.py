"""A workspace: a folder with `llmops.toml` and `.llmops/`, found upward from where one is.

It can be moved and copied, so nothing in it holds an absolute path. It carries a format version.
"""

from __future__ import annotations

import copy
import getpass
import os
import re
import tomllib
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import WorkspaceError
from llmops_workbench.core.settings import Settings

if TYPE_CHECKING:
    from llmops_workbench.core.store import Store

FORMAT = 1
FILE = "llmops.toml"
FOLDER = ".llmops"
ENVIRONMENT = "LLMOPS_WORKSPACE"
# For whom a job works that a server started: the person whom the server has authenticated.
ACTOR = "LLMOPS_ACTOR"

_TEMPLATE = """\
# A workspace of LLMOps Workbench. `llmops doctor` lists the settings that can stand here.
[workspace]
format = {format}
id = "{id}"
"""


class Workspace:
    """An open workspace.

    Args:
        root: The folder that holds `llmops.toml`.
        flags: Settings given on the command line.
        any_format: Open an older one too, to upgrade it.

    Raises:
        WorkspaceError: The folder is none, or its format is not this version's.
    """

    def __init__(
        self, root: Path, flags: dict[str, Any] | None = None, *, any_format: bool = False
    ) -> None:
        self.root = root.resolve()
        self.flags = dict(flags or {})
        self.actor: str | None = None
        if not any_format:
            _check_format(self.root)

    @classmethod
    def init(cls, folder: Path | str) -> Workspace:
        """Make a workspace of a folder, or open the one that it is already.

        Several processes may do this at the same moment: one makes it, all open it.
        """
        from filelock import FileLock

        root = Path(folder).expanduser().resolve()
        try:
            (root / FOLDER).mkdir(parents=True, exist_ok=True)
            with FileLock(root / FOLDER / "init.lock"):
                file = root / FILE
                if not file.exists():
                    text = _TEMPLATE.format(format=FORMAT, id=uuid.uuid4())
                    fresh = file.with_suffix(".new")
                    fresh.write_text(text, encoding="utf-8")
                    fresh.rename(file)
                opened = cls(root)
                opened.store.create()
        except OSError as error:
            raise WorkspaceError(
                f"'{root}' cannot be written ({error.strerror}): choose another folder"
            ) from error
        return opened

    @classmethod
    def find(
        cls, start: Path | str | None = None, flags: dict[str, Any] | None = None
    ) -> Workspace:
        """Open the workspace at `start`, else at `LLMOPS_WORKSPACE`, else upward from here.

        Args:
            start: The workspace's own folder, as given on a command line.
            flags: Settings given on the command line.

        Raises:
            WorkspaceError: There is none.
        """
        given = start or os.environ.get(ENVIRONMENT)
        if given:
            root = Path(given).expanduser().resolve()
            if not (root / FILE).is_file():
                raise WorkspaceError(f"'{root}' is not a workspace: run 'llmops init {given}'")
            return cls(root, flags)
        here = Path.cwd().resolve()
        for root in (here, *here.parents):
            if (root / FILE).is_file():
                return cls(root, flags)
        raise WorkspaceError(
            f"no workspace at '{here}' or above: run 'llmops init' here, or give --workspace"
        )

    @property
    def dot(self) -> Path:
        """The folder that the workbench keeps its own files in."""
        return self.root / FOLDER

    def path(self, *parts: str) -> Path:
        """Give a path under `.llmops`; its parent folder is there afterwards."""
        path = self.dot.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def relative(self, path: Path) -> str:
        """Write a path under `.llmops` so that it stays right when the workspace moves."""
        return path.resolve().relative_to(self.dot.resolve()).as_posix()

    @cached_property
    def settings(self) -> Settings:
        """The settings in force."""
        return Settings(self.root / FILE, self.flags)

    @cached_property
    def store(self) -> Store:
        """The workbench store."""
        from llmops_workbench.core.store import Store

        url = self.settings.get("store.url") or f"sqlite:///{self.dot / 'store.db'}"
        return Store(url)

    @cached_property
    def id(self) -> str:
        """The name that the workspace keeps wherever it is moved to."""
        table = tomllib.loads((self.root / FILE).read_text(encoding="utf-8")).get("workspace", {})
        return str(table.get("id", ""))

    def acting_for(self, person: str | None) -> Workspace:
        """Give the same open workspace for somebody whom a server has authenticated.

        Args:
            person: Who it is; None for whoever `user` finds by itself.
        """
        if person is None:
            return self
        _ = self.settings, self.store  # shared: opened before the copy is made
        other = copy.copy(self)
        other.actor = person
        return other

    def user(self) -> str:
        """Name the person who acts.

        That is whom a server has authenticated, JupyterHub's user, `[user]`, or the system's login.
        """
        given = self.actor or os.environ.get(ACTOR)
        if given:
            return given
        hub = os.environ.get("JUPYTERHUB_USER")
        if hub:
            return hub
        name = self.settings.get("user.name")
        if name:
            return str(name)
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # a container's uid without a name
            return f"uid-{os.getuid()}"


def read_format(root: Path) -> int:
    """Read the format version of a workspace.

    Raises:
        WorkspaceError: `llmops.toml` is missing or broken.
    """
    try:
        table = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
        return int(table["workspace"]["format"])
    except FileNotFoundError as error:
        raise WorkspaceError(f"'{root}' is not a workspace: run 'llmops init' there") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise WorkspaceError(
            f"'{root / FILE}' is broken ({error}): it needs [workspace] with format = {FORMAT}"
        ) from error


def upgrade_format(folder: Path) -> tuple[Workspace, str, str, str | None]:
    """Bring the workspace of a folder, or of one above it, to this version's format.

    Returns:
        The workspace; the format of its store before and after; and its backup, relative to the
        workspace, or None when there was nothing to do.

    Raises:
        WorkspaceError: There is none, or it is of a newer format.
    """
    here = folder.resolve()
    root = next((at for at in (here, *here.parents) if (at / FILE).is_file()), here)
    found = read_format(root)
    if found > FORMAT:
        _check_format(root)
    done = Workspace(root, any_format=True).store.upgrade(root / FOLDER / "backups")
    if found < FORMAT:
        # The store first: were this to stop in between, the next try finds it upgraded already.
        file = root / FILE
        text = file.read_text(encoding="utf-8")
        fresh = file.with_suffix(".new")
        line = f"format = {FORMAT}"
        fresh.write_text(re.sub(r"(?m)^format\s*=\s*\d+", line, text, count=1), encoding="utf-8")
        fresh.rename(file)
    backup = done.backup.relative_to(root).as_posix() if done.backup else None
    return Workspace(root), str(done.before), str(done.after), backup


def _check_format(root: Path) -> None:
    found = read_format(root)
    if found > FORMAT:
        raise WorkspaceError(
            f"'{root}' has format {found}, newer than the {FORMAT} that this version reads: "
            "pip install --upgrade llmops-workbench"
        )
    if found < FORMAT:
        raise WorkspaceError(
            f"'{root}' has format {found}, older than {FORMAT}: run 'llmops upgrade' "
            "(it makes a backup first)"
        )
