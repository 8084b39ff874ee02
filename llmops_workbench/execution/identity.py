"""Which process is meant: a pid alone lies after a reuse, a reboot, or across containers."""

from __future__ import annotations

import functools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

TOKEN = "LLMOPS_JOB"
"""Environment variable that every process of a job inherits; its value is the job's id."""


@dataclass(frozen=True)
class Identity:
    """One process, for ever.

    Attributes:
        host: Host name and machine id.
        boot: Id of the boot of the kernel.
        namespace: Inode of the pid namespace; 0 where the system has none (macOS), -1 where
            ``/proc`` belongs to another namespace, so that pids cannot be looked up.
        pid: Process id inside that namespace.
        started: Start time; clock ticks since boot on Linux, seconds since 1970 elsewhere.
    """

    host: str
    boot: str
    namespace: int
    pid: int
    started: float

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Identity:
        """Read the JSON form."""
        return Identity(
            host=str(data["host"]),
            boot=str(data["boot"]),
            namespace=int(data["namespace"]),
            pid=int(data["pid"]),
            started=float(data["started"]),
        )


@functools.cache
def host_id() -> str:
    """Name this machine; the machine id tells apart two hosts with one name."""
    machine = ""
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            machine = Path(place).read_text().strip()
        except OSError:
            continue
        if machine:
            break
    return f"{socket.gethostname()}:{machine[:12]}"


@functools.cache
def boot_id() -> str:
    """Name this boot of the kernel; containers on one host share it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        pass
    if sys.platform == "darwin":
        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.stdout.strip():
            return asked.stdout.strip()
    return str(int(psutil.boot_time()))


def pid_namespace() -> int:
    """Give the inode of this process's pid namespace; see `Identity.namespace`."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        # In a namespace entered without its own /proc, /proc/self is missing or is another pid.
        if Path("/proc/self").readlink().name != str(os.getpid()):
            return -1
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return -1


def start_time(pid: int) -> float | None:
    """Give when a process started; None when there is none with this pid, or only a zombie."""
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            # Ticks since boot do not move when the clock is set; psutil's seconds do.
            return float(stat.read_text().rpartition(")")[2].split()[19])
        return process.create_time()
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def identify(pid: int | None = None) -> Identity:
    """Give the identity of a living process of this namespace; of the caller when left out.

    Raises:
        ProcessLookupError: no such process lives.
    """
    pid = os.getpid() if pid is None else pid
    namespace = pid_namespace()
    started = 0.0 if namespace == -1 else start_time(pid)
    if started is None:
        raise ProcessLookupError(pid)
    return Identity(host_id(), boot_id(), namespace, pid, started)


def is_near(identity: Identity) -> bool:
    """Tell whether its pid means anything here: same host, boot and pid namespace."""
    return (
        identity.namespace != -1
        and identity.host == host_id()
        and identity.boot == boot_id()
        and identity.namespace == pid_namespace()
    )


def is_alive(identity: Identity) -> bool | None:
    """Tell whether the process lives; None when that cannot be known from here.

    A zombie is dead, and so is a pid that now belongs to a process with another start time.
    """
    if not is_near(identity):
        return None
    return start_time(identity.pid) == identity.started


def send(identity: Identity, number: signal.Signals) -> bool:
    """Signal a process of this namespace; False when it is far, gone or another's."""
    if is_alive(identity) is not True:
        return False
    try:
        if hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal"):
            handle = os.pidfd_open(identity.pid)
            try:
                # The handle pins the process: checked again, the pid cannot have been reused.
                if is_alive(identity) is not True:
                    return False
                signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)
        else:
            os.kill(identity.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def family(identity: Identity, job: str) -> Iterator[psutil.Process]:
    """Find the living processes of a job's session, its leader among them.

    When the leader is gone its pid may name a stranger's session, so each member must carry the
    job's token in its environment.
    """
    if not is_near(identity):
        return
    led = is_alive(identity) is True
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) != identity.pid:
                continue
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if led or process.environ().get(TOKEN) == job:
                yield process
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue


def kill_family(identity: Identity, job: str, *, spare: int | None = None) -> int:
    """Kill what lives of a job's session; give how many were killed.

    Args:
        identity: The session's leader.
        job: The job's id.
        spare: A pid to leave alone.
    """
    killed = 0
    # Twice, because a member may fork while it is looked for.
    for _ in range(2):
        for process in list(family(identity, job)):
            if process.pid == spare:
                continue
            try:
                process.kill()
                killed += 1
            except psutil.Error:
                continue
    return killed
