"""The store: SQLite in WAL mode, or PostgreSQL by URL, behind two context managers."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.store import faults, location

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from llmops_workbench.core.store.formats import Upgrade

# How long a writer waits for another one. A write takes milliseconds; a backup of a big store, or
# a suspended laptop, takes longer.
BUSY_SECONDS = 60.0

REVISION = "revision"
"""The counter that each write raises, save those that say which other one they raise."""
JOBS = "jobs"
"""The counter of how far jobs are, which changes by the second and is no news to most."""
CACHE = "cache"
"""The counter of the response cache, which is no news to anybody."""


class Store:
    """An open store.

    Args:
        url: The path of an SQLite file, `sqlite:///PATH`, or `postgresql://…`.

    Raises:
        UsageError: The URL is of another database.
        WorkspaceError: The file is on a network file system, or of another format. Both are found
            on first use, not here.
    """

    def __init__(self, url: str | Path) -> None:
        self.url = location.normalise_url(url)
        self.file = location.sqlite_path(self.url)
        self._checked = False

    @property
    def place(self) -> str:
        """What to call the store in a sentence; holds no password."""
        if self.file is not None:
            return str(self.file)
        from sqlalchemy import make_url

        return make_url(self.url).render_as_string(hide_password=True)

    @cached_property
    def engine(self) -> Engine:
        """The engine below; use `read` and `write`, which check, count and translate errors."""
        from llmops_workbench.core.store.connect import make_engine

        engine = make_engine(self.url, self.file)
        _engines.add(engine)
        return engine

    def create(self) -> None:
        """Create the store unless it is there; any number of processes may do so at once."""
        from llmops_workbench.core.store.formats import create

        with self._translated():
            create(self)

    def upgrade(self, backups: Path) -> Upgrade:
        """Bring an older store to this version's format, after a backup.

        Args:
            backups: The folder that the backup of an SQLite store is put into.

        Returns:
            The format before and after, and where the backup is.

        Raises:
            WorkspaceError: The store was written by a newer version.
        """
        from llmops_workbench.core.store.formats import upgrade

        with self._translated():
            return upgrade(self, backups)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open one consistent view of the store."""
        self._check()
        with self._translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, durable: bool = False, counter: str = REVISION) -> Iterator[Connection]:
        """Open a transaction that no other writer runs beside; it raises a counter.

        Args:
            durable: Wait until the disk has it. For judgments: labels, decisions, audit. Without
                it a power cut may lose the last moment, never the database.
            counter: Which it raises.
        """
        from llmops_workbench.core.store.connect import DURABLE, WRITING

        self._check()
        with self._translated(), self.engine.connect() as plain:
            connection = plain.execution_options(**{WRITING: True, DURABLE: durable})
            with connection.begin():
                _raise(connection, counter)
                yield connection

    def revision(self, counter: str = REVISION) -> int:
        """Give how often a counter was raised; it differs when anything of its has changed."""
        from sqlalchemy import select

        from llmops_workbench.core.store import tables

        named = tables.counter.c.name == counter
        with self.read() as connection:
            found = connection.execute(select(tables.counter.c.value).where(named))
            return int(found.scalar() or 0)

    def close(self) -> None:
        """Give the connections back; the store opens again on the next use."""
        if "engine" in self.__dict__:
            self.engine.dispose()
            del self.__dict__["engine"]

    def _check(self) -> None:
        if not self._checked:
            from llmops_workbench.core.store.formats import check

            with self._translated():
                check(self)
            self._checked = True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from sqlalchemy.exc import DBAPIError

        try:
            yield
        except DBAPIError as error:
            ours = faults.translate(error, self.place)
            if ours is None:
                raise
            raise ours from error


def _raise(connection: Connection, name: str) -> None:
    from sqlalchemy import select

    from llmops_workbench.core.store.tables import counter

    if name != REVISION:
        # On PostgreSQL this row is the lock that puts writers in order, whatever they raise.
        lock = select(counter.c.value).where(counter.c.name == REVISION)
        connection.execute(lock.with_for_update())
    raised = connection.execute(
        counter.update().where(counter.c.name == name).values(value=counter.c.value + 1)
    )
    if raised.rowcount == 0:
        connection.execute(counter.insert().values(name=name, value=1))


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def _forget_connections() -> None:
    # A child made by fork must not speak over its parent's connections, nor close them.
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
