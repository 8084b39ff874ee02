"""Source archives from PyPI: fetched once through pip, with their hash known beforehand."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from llmops_workbench.core.errors import NotFoundError, UntrustedError
from llmops_workbench.models.packages import run_pip
from llmops_workbench.models.places import cache_folder


def fetch_archive(package: str, version: str, sha256: str) -> Path:
    """Give a package's source archive, from the cache or through pip.

    Args:
        package: Its name on PyPI.
        version: The version.
        sha256: What its hash must be, 64 hex digits; pip checks it before it looks inside.

    Raises:
        NotFoundError: It is not in the cache, and pip cannot fetch it.
        UntrustedError: The file in the cache is another one.
    """
    folder = cache_folder("archives")
    kept = folder / f"{package}-{version}.tar.gz"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
            into = Path(temporary)
            asked = f"{package}=={version}"
            wanted = into / "wanted.txt"
            wanted.write_text(f"{asked} --hash=sha256:{sha256}\n", encoding="ascii")
            options = ("--no-binary", ":all:", "--require-hashes", "-r", str(wanted))
            run_pip(asked, into, folder, options, ".tar.gz")
            found = sorted(into.glob("*.tar.gz"))
            if not found:
                raise NotFoundError(f"pip gave no source archive of {asked}: put it at '{kept}'")
            found[0].replace(kept)
    with kept.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != sha256:
        raise UntrustedError(
            f"'{kept}' has the hash {digest[:16]}… and not {sha256[:16]}…: delete it"
        )
    return kept
