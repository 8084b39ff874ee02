"""The program of the tests' server: Jupyter's own, without some libraries, and under watch."""

from __future__ import annotations

import os
import sys
from typing import Any

ABSENT = ("torch", "transformers", "trl", "mlflow")
# What Python itself opens, lists, makes or removes, beside the databases that it connects to.
WATCHED = frozenset(
    (
        "open",
        "os.listdir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.scandir",
        "os.symlink",
        "shutil.rmtree",
        "sqlite3.connect",
        "subprocess.Popen",
    )
)


class Absent:
    """Fails an import as if the library were not installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def watch(notes: str) -> None:
    """Note every file that the process touches from now on."""
    book = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in WATCHED and arguments and isinstance(arguments[0], str | bytes | os.PathLike):
            line = f"{event}\t{os.fsdecode(arguments[0])}\n"
            os.write(book, line.encode("utf-8", "replace"))

    sys.addaudithook(note)


if __name__ == "__main__":
    sys.meta_path.insert(0, Absent())  # type: ignore[arg-type]
    if "TESTS_NOTES" in os.environ:
        watch(os.environ["TESTS_NOTES"])
    from jupyter_server.serverapp import main

    main()
