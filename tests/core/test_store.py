import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from llmops_workbench.core.errors import StorageError, UsageError, WorkspaceError
from llmops_workbench.core.store import Store, location
from llmops_workbench.core.store.tables import meta

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /data nfs4 rw 0 0
/dev/sdb1 /data/local xfs rw 0 0
box:/home /mnt/with\\040space fuse.sshfs rw 0 0
host /share 9p rw 0 0
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "postgres":
        made = Store(request.getfixturevalue("postgres_url"))
    else:
        made = Store(tmp_path / "store.db")
    made.create()
    request.addfinalizer(made.close)
    return made


def put(store: Store, key: str, value: object, durable: bool = False) -> None:
    with store.write(durable) as connection:
        connection.execute(meta.insert().values(key=key, value=value))


def test_each_write_raises_the_revision_and_a_failed_one_does_not(store: Store) -> None:
    assert store.revision() == 0
    put(store, "a", 1)
    put(store, "b", 2, durable=True)
    assert store.revision() == 2
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        connection.execute(meta.insert().values(key="c", value=3))
        raise ZeroDivisionError
    assert store.revision() == 2
    with store.read() as connection:
        assert set(connection.execute(meta.select()).scalars()) == {"a", "b"}


def test_writers_wait_for_each_other_so_that_none_is_lost(store: Store) -> None:
    put(store, "count", 0)

    def count(times: int) -> None:
        for _ in range(times):
            with store.write() as connection:
                value = connection.execute(meta.select()).one().value
                connection.execute(meta.update().values(value=value + 1))

    threads = [threading.Thread(target=count, args=(25,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert connection.execute(meta.select()).one().value == 100
    assert store.revision() == 101


def test_a_reader_keeps_its_view_while_a_writer_commits(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    store.create()
    put(store, "a", 1)
    with store.read() as connection:
        before = connection.execute(meta.select()).all()
        put(store, "b", 2)
        assert connection.execute(meta.select()).all() == before
    with store.read() as connection:
        assert len(connection.execute(meta.select()).all()) == 2


def test_sqlite_is_in_wal_mode_and_syncs_fully_only_for_judgments(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    with store.write() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    with store.write(durable=True) as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    with store.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    folder = tmp_path / "a b%3f#x?y 数据"
    folder.mkdir()
    store = Store(folder / "store.db")
    put(store, "a", 1)
    assert (folder / "store.db").stat().st_size > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name]


def test_a_child_made_by_fork_writes_over_its_own_connection(tmp_path: Path) -> None:
    code = """
        import os, sys
        from llmops_workbench.core.store import Store
        from llmops_workbench.core.store.tables import meta
        store = Store(sys.argv[1])
        with store.write() as c:
            c.execute(meta.insert().values(key="parent", value=1))
        child = os.fork()
        with store.write() as c:
            c.execute(meta.insert().values(key="child" if child == 0 else "after", value=1))
        if child == 0:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        with store.read() as c:
            print(sorted(c.execute(meta.select()).scalars()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "store.db")],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "['after', 'child', 'parent']", done.stderr


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/work", "ext4"),
        ("/data/project", "nfs4"),
        ("/data/local/project", "xfs"),
        ("/data-elsewhere", "ext4"),
        ("/mnt/with space/x", "fuse.sshfs"),
        ("/share/main", "9p"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_nearest_mount(path: str, kind: str) -> None:
    assert location.file_system(Path(path), MOUNTS) == kind
    if kind in ("ext4", "xfs"):
        location.refuse_network(Path(path) / "store.db", MOUNTS)
    else:
        with pytest.raises(WorkspaceError, match=rf"{kind}.*postgresql://"):
            location.refuse_network(Path(path) / "store.db", MOUNTS)


def test_the_real_mounts_name_this_folder(tmp_path: Path) -> None:
    told = subprocess.run(["stat", "-f", "-c", "%T", str(tmp_path)], capture_output=True, text=True)
    if told.returncode != 0:
        pytest.skip("stat cannot tell file systems here")
    # stat says "ext2/ext3" or "overlayfs" for what the mounts call ext4 and overlay.
    assert (location.file_system(tmp_path) or "")[:3] == told.stdout.strip()[:3]


def test_a_url_of_another_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mysql"):
        Store("mysql://root@localhost/x")


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password() -> None:
    store = Store("postgresql://me:hidden-word@127.0.0.1:1/x")
    with pytest.raises(StorageError) as caught:
        store.revision()
    assert "127.0.0.1:1" in str(caught.value)
    assert "hidden-word" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"this is not a database, and long enough to be looked at" * 40)
    with pytest.raises(StorageError, match=r"damaged.*backups"):
        Store(file).revision()


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = file.read_bytes()
    with pytest.raises(WorkspaceError, match="not a store"):
        Store(file).revision()
    assert file.read_bytes() == before


UNPRIVILEGED = """
import os, sys
sys.path[:0] = sys.argv[2:]
from llmops_workbench.core.store import Store
from llmops_workbench.core.store.tables import meta
store = Store(sys.argv[1])
print(store.revision())
try:
    with store.write() as connection:
        connection.execute(meta.insert().values(key="x", value=1))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.netns
def test_a_read_only_workspace_is_read_and_its_writes_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    folder.mkdir()
    store = Store(folder / "store.db")
    put(store, "a", 1)
    store.close()
    script = tmp_path / "try.py"
    script.write_text(UNPRIVILEGED)
    command = (
        f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && "
        f"{sys.executable} {script} {folder / 'store.db'}"
    )
    done = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no mount name spaces here")
    lines = done.stdout.splitlines()
    assert lines[0] == "1", done.stderr
    assert lines[1].startswith("WorkspaceError")
    assert "read-only" in lines[1]


@pytest.mark.netns
def test_a_full_disk_is_one_sentence_and_the_store_stays_whole(tmp_path: Path) -> None:
    script = tmp_path / "fill.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from llmops_workbench.core.store import Store
        from llmops_workbench.core.store.tables import meta
        store = Store(sys.argv[1])
        store.create()
        written = 0
        try:
            while True:
                with store.write(durable=True) as connection:
                    connection.execute(
                        meta.insert().values(key=str(written), value="x" * 100_000)
                    )
                written += 1
        except Exception as error:
            print(type(error).__name__, error)
        store.close()
        with Store(sys.argv[1]).read() as connection:
            print(written, len(connection.execute(meta.select()).all()))
            print(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
        """)
    )
    folder = tmp_path / "small"
    folder.mkdir()
    command = (
        f"mount -t tmpfs -o size=4m none {folder} && "
        f"{sys.executable} {script} {folder / 'store.db'}"
    )
    done = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no mount name spaces here")
    said, counts, check = done.stdout.splitlines()
    assert said.startswith("StorageError the disk is full")
    assert counts.split()[0] == counts.split()[1] != "0"
    assert check == "ok"


def test_opening_a_store_imports_no_alembic(tmp_path: Path) -> None:
    Store(tmp_path / "store.db").create()
    code = (
        "import sys; from llmops_workbench.core.store import Store; "
        "assert 'sqlalchemy' not in sys.modules; Store(sys.argv[1]).revision(); "
        "print([m for m in ('alembic', 'mlflow', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store.db")],
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert done.stdout.strip() == "[]", done.stderr
