"""How a connection to each database is set up."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event

from llmops_workbench.core.store.location import refuse_network
from llmops_workbench.core.store.plain import to_json
from llmops_workbench.core.store.store import BUSY_SECONDS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# Execution options of a connection that `Store.write` hands out.
WRITING = "llmops_writing"
DURABLE = "llmops_durable"


def make_engine(url: str, file: Path | None) -> Engine:
    """Make the engine of a store.

    Args:
        url: As `normalise_url` writes it.
        file: The SQLite file; None for a server.

    Raises:
        WorkspaceError: The file is on a network file system.
        MissingDependencyError: The PostgreSQL driver is not installed.
    """
    return _postgres(url) if file is None else _sqlite(file)


def _sqlite(file: Path) -> Engine:
    refuse_network(file)
    address = f"{file.absolute().as_uri()}?{_mode(file)}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # the driver does not guess transactions: `begin` below says it
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    engine = create_engine("sqlite:///store", creator=connect, json_serializer=to_json)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(WRITING):
            connection.exec_driver_sql("BEGIN")
            return
        durable = bool(options.get(DURABLE))
        # Both take effect only outside a transaction. On macOS fsync alone leaves data in the
        # drive's cache.
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.exec_driver_sql(f"PRAGMA fullfsync = {int(durable)}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _mode(file: Path) -> str:
    """Choose how to open: WAL needs to write beside the file, which a read-only disk refuses."""
    if not file.exists() or os.access(file.parent, os.W_OK):
        return "mode=rwc"
    log = file.with_name(file.name + "-wal")
    whole = not log.exists() or log.stat().st_size == 0
    return "mode=ro&immutable=1" if whole else "mode=ro"


def _postgres(url: str) -> Engine:
    from llmops_workbench.core.errors import require

    require("psycopg", "postgres", "for a store in PostgreSQL")
    engine = create_engine(
        url, json_serializer=to_json, pool_pre_ping=True, connect_args={"connect_timeout": 10}
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(DURABLE):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = on")

    return engine
