"""Creating, racing for and upgrading the store."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from llmops_workbench.core.errors import WorkspaceError
from llmops_workbench.core.store import Store, formats, tables

PROCESSES = 8


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return str(tmp_path / "store.db")


def as_first_format(place: str) -> None:
    """Make a store as the first format had it, with a name in it."""
    store = Store(place)
    store.create()
    with store.write() as connection:
        formats._migrate(connection, 1, down=True)
        connection.execute(
            tables.versions.insert().values(
                kind="dataset",
                name="old",
                version=1,
                hash="sha256-" + "1" * 64,
                parents=["dataset:older@2"],
                created="2026-01-01T00:00:00.000Z",
                meta={"rows": 3},
                tags={},
                scores={},
            )
        )
    store.close()


def test_the_migrations_make_exactly_the_tables(place: str) -> None:
    store = Store(place)
    store.create()
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    store.close()


def test_an_older_store_is_named_and_upgraded_with_its_data(place: str, tmp_path: Path) -> None:
    as_first_format(place)
    with pytest.raises(WorkspaceError, match="format 1, older than 2: run 'llmops upgrade'"):
        Store(place).revision()
    store = Store(place)
    done = store.upgrade(tmp_path / "backups")
    assert (done.before, done.after) == (1, formats.FORMAT)
    with store.read() as connection:
        row = connection.execute(tables.versions.select()).one()
        assert (row.name, row.parents, row.meta) == ("old", ["dataset:older@2"], {"rows": 3})
        assert connection.execute(tables.label_events.select()).all() == []
    again = store.upgrade(tmp_path / "backups")
    assert (again.before, again.backup) == (formats.FORMAT, None)
    store.close()
    if "://" in place:
        assert done.backup is None
        return
    assert done.backup is not None
    with sqlite3.connect(done.backup) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert copy.execute("SELECT name FROM versions").fetchone() == ("old",)


def test_a_newer_store_is_refused_and_left_alone(place: str, tmp_path: Path) -> None:
    store = Store(place)
    store.create()
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    store.close()
    for attempt in (
        lambda: Store(place).revision(),
        lambda: Store(place).upgrade(tmp_path / "backups"),
    ):
        with pytest.raises(WorkspaceError, match="format 999, newer than the 2"):
            attempt()
    assert not (tmp_path / "backups").exists()


def test_an_upgrade_that_is_killed_leaves_the_old_store(tmp_path: Path) -> None:
    place = str(tmp_path / "store.db")
    as_first_format(place)
    code = """
import os, sys
from alembic import op
from llmops_workbench.core.store import Store
made = op.create_table
def create(name, *columns, **rest):
    made(name, *columns, **rest)
    if name == "label_events":
        os.kill(os.getpid(), 9)
op.create_table = create
import alembic.op
alembic.op.create_table = create
Store(sys.argv[1]).upgrade(__import__("pathlib").Path(sys.argv[2]))
"""
    killed = subprocess.run([sys.executable, "-c", code, place, str(tmp_path / "b")])
    assert killed.returncode == -9
    with sqlite3.connect(place) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        assert "label_events" not in names
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert Store(place).upgrade(tmp_path / "b").before == 1
    assert Store(place).revision() >= 1


RACER = """
import sys, time
from pathlib import Path
from llmops_workbench.core.store import Store
from llmops_workbench.core.store.tables import meta
store = Store(sys.argv[1])
Path(sys.argv[2], sys.argv[3]).touch()
while not Path(sys.argv[2], "go").exists():
    time.sleep(0.001)
if int(sys.argv[3]) % 2:
    store.create()
with store.write() as connection:
    connection.execute(meta.insert().values(key=sys.argv[3], value=1))
"""


def test_eight_processes_that_create_or_open_a_fresh_store_get_one(
    place: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.mkdir()
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, place, str(gate), str(number)],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        for number in range(PROCESSES)
    ]
    deadline = time.monotonic() + 60
    while len(list(gate.iterdir())) < PROCESSES and time.monotonic() < deadline:
        time.sleep(0.01)
    (gate / "go").touch()
    errors = [racer.communicate()[1] for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * PROCESSES, errors
    store = Store(place)
    with store.read() as connection:
        assert len(connection.execute(tables.meta.select()).all()) == PROCESSES
    assert store.revision() == PROCESSES
    store.close()
