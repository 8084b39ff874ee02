"""Creating a store, checking its format, and bringing an older one up to date.

The format is the number of the newest migration. Alembic is imported only to create or to
upgrade; opening a store reads one row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import WorkspaceError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from llmops_workbench.core.store.store import Store

FORMAT = 2

# Any number that other programs in the same database are unlikely to lock: "llmops" in ASCII.
_POSTGRES_LOCK = 0x6C6C6D6F7073


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade did.

    Attributes:
        before: The format that was found.
        after: The format that the store has now.
        backup: The copy that was made first; None when nothing was to do, or on a server, whose
            own tools make backups.
    """

    before: int
    after: int
    backup: Path | None


def create(store: Store) -> None:
    """Create the store when there is none, and check its format otherwise.

    Raises:
        WorkspaceError: A store of another format is there.
    """
    if store.file is None:
        with store.engine.begin() as connection:
            _lock(connection)
            if read_format(connection) == 0:
                _migrate(connection, FORMAT)
    elif not store.file.exists():
        with _file_lock(store.file):
            if not store.file.exists():
                _create_file(store.file)
    check(store)


def check(store: Store) -> None:
    """Make sure that the store can be used as it is; a missing one is created.

    Raises:
        WorkspaceError: It is older (run the upgrade) or newer than this version reads.
    """
    if store.file is not None and not store.file.exists():
        create(store)
        return
    with store.engine.connect() as connection:
        found = read_format(connection)
    if found == 0 and store.file is None:
        create(store)
    elif found == 0:
        raise WorkspaceError(f"'{store.place}' is not a store of the workbench: move it away")
    elif found < FORMAT:
        raise WorkspaceError(
            f"'{store.place}' has format {found}, older than {FORMAT}: run 'llmops upgrade' "
            "(it makes a backup first)"
        )
    elif found > FORMAT:
        raise WorkspaceError(_newer(store.place, found))


def upgrade(store: Store, backups: Path) -> Upgrade:
    """Bring the store to the newest format; all of it or, when interrupted, nothing."""
    if store.file is None:
        with store.engine.begin() as connection:
            _lock(connection)
            return _upgrade(connection, store.place, None)
    with _file_lock(store.file):
        if not store.file.exists():
            _create_file(store.file)
            return Upgrade(0, FORMAT, None)
        with store.engine.connect() as plain:
            found = read_format(plain)
        if found in (0, FORMAT) or found > FORMAT:
            check(store)
            return Upgrade(found, FORMAT, None)
        backup = _back_up(store.file, backups, found)
        with _writing(store.engine) as connection:
            return _upgrade(connection, store.place, backup)


def read_format(connection: Connection) -> int:
    """Give the format of a store; 0 when there is none in this database."""
    from sqlalchemy import inspect

    if not inspect(connection).has_table("alembic_version"):
        return 0
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return int(found or 0)


def _upgrade(connection: Connection, place: str, backup: Path | None) -> Upgrade:
    found = read_format(connection)
    if found > FORMAT:
        raise WorkspaceError(_newer(place, found))
    if found < FORMAT:
        _migrate(connection, FORMAT)
    return Upgrade(found, FORMAT, backup)


def _newer(place: str, found: int) -> str:
    return (
        f"'{place}' has format {found}, newer than the {FORMAT} that this version reads: "
        "pip install --upgrade llmops-workbench"
    )


def _create_file(file: Path) -> None:
    """Build the database beside its place and move it there whole, so that no half is seen."""
    from llmops_workbench.core.store.connect import make_engine

    fresh = file.with_name(file.name + ".new")
    for leftover in file.parent.glob(fresh.name + "*"):
        leftover.unlink()
    engine = make_engine(f"sqlite:///{fresh}", fresh)
    try:
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA journal_mode = WAL")
        with _writing(engine) as connection:
            _migrate(connection, FORMAT)
    finally:
        engine.dispose()  # the last connection moves the log into the file
    fresh.replace(file)


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    from llmops_workbench.core.store.connect import DURABLE, WRITING

    with engine.connect() as plain:
        connection = plain.execution_options(**{WRITING: True, DURABLE: True})
        with connection.begin():
            yield connection


def _migrate(connection: Connection, number: int, down: bool = False) -> None:
    """Run the migrations on an open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, f"{number:04d}")


@contextmanager
def _file_lock(file: Path) -> Iterator[None]:
    from filelock import FileLock

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file.with_name(file.name + ".lock"))
        lock.acquire()
    except OSError as error:
        raise WorkspaceError(
            f"'{file.parent}' cannot be written ({error.strerror}): make it writable, or work in "
            "a copy"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _lock(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})")


def _back_up(file: Path, backups: Path, found: int) -> Path:
    from llmops_workbench.core.events import now

    backups.mkdir(parents=True, exist_ok=True)
    moment = now().replace(":", "").replace("-", "")
    target = backups / f"{file.stem}-format{found}-{moment}{file.suffix}"
    source, copy = sqlite3.connect(file), sqlite3.connect(target)
    try:
        source.backup(copy)  # consistent while others write, unlike a copy of the file
    finally:
        copy.close()
        source.close()
    return target
