"""Where a store is: its URL in one form, and whether SQLite's WAL can live there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from llmops_workbench.core.errors import UsageError, WorkspaceError

POSTGRES_LINE = 'url = "postgresql://USER@HOST/DATABASE"'

# WAL keeps an index in memory that is shared by all processes of one machine; over a network
# there is no such memory (sqlite.org, "Write-Ahead Logging", disadvantages).
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "afs",
        "afpfs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "fuse.davfs2",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.juicefs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "pvfs2",
        "smb",
        "smb3",
        "smbfs",
        "webdav",
    }
)


def normalise_url(url: str | Path) -> str:
    """Write a place as an SQLAlchemy URL.

    Args:
        url: A path of an SQLite file, `sqlite:///PATH`, or a PostgreSQL URL.

    Raises:
        UsageError: It is a URL of another database.
    """
    text = str(url)
    if "://" not in text:
        return f"sqlite:///{Path(text).absolute()}"
    scheme, _, rest = text.partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        return text
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    raise UsageError(
        f"the store cannot be in '{scheme}': write sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    )


def sqlite_path(url: str) -> Path | None:
    """Give the file of an SQLite URL; None for a server."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def file_system(path: Path, mounts: str | None = None) -> str | None:
    """Tell the type of the file system that a path is on.

    Args:
        path: It need not exist.
        mounts: A table of mounts as in `/proc/mounts`; read from there when left out.

    Returns:
        The type as the system names it, or None where that cannot be told.
    """
    if mounts is None:
        table = Path("/proc/mounts")
        if not table.is_file():
            return _file_system_darwin(path) if sys.platform == "darwin" else None
        mounts = table.read_text(encoding="utf-8", errors="surrogateescape")
    target = os.path.realpath(path)
    best, found = -1, None
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescape(fields[1])
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        # Of two mounts on one point the later one covers the earlier.
        if inside and len(point) >= best:
            best, found = len(point), fields[2]
    return found


def _unescape(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point


def _file_system_darwin(path: Path) -> str | None:
    import subprocess

    listed = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False).stdout
    table = []
    for line in listed.splitlines():  # `server:/export on /point (nfs, nodev)`
        device, _, rest = line.partition(" on ")
        point, _, options = rest.rpartition(" (")
        table.append(
            f"{device.replace(' ', '_')} {point.replace(' ', chr(92) + '040')} "
            f"{options.split(',')[0].rstrip(')')}"
        )
    return file_system(path, "\n".join(table))


def refuse_network(path: Path, mounts: str | None = None) -> None:
    """Stop before SQLite loses data on a file system that WAL does not work on.

    Raises:
        WorkspaceError: The path is on a network file system; the sentence has the way out.
    """
    kind = file_system(path, mounts)
    if kind is not None and kind.lower() in NETWORK_FILE_SYSTEMS:
        raise WorkspaceError(
            f"'{path.parent}' is on a network file system ({kind}), where SQLite loses data: "
            f"put {POSTGRES_LINE} under [store] in llmops.toml, or move the workspace to a "
            "local disk"
        )
