"""Parameters that point at files: the text of one, or its path.

A face stands in a folder of its own, and a job in the workspace's: so a face hands over the text
of a file, or its whole path.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import DataError
from llmops_workbench.core.shapes import is_file_text

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter

# Longer than any path that a system accepts: such a text is surely not one.
LONGEST_PATH = 4096


def read_text_file(given: str) -> str:
    """Give the text of a file, or what was given when it is a text already.

    Raises:
        DataError: The file is not UTF-8 text.
    """
    if "\n" in given or len(given) > LONGEST_PATH:
        return given
    path = Path(given).expanduser()
    if not path.is_file():
        return given
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"'{given}' is not UTF-8 text (byte {error.start}): convert it") from error


def is_path(parameter: Parameter) -> bool:
    """Tell whether a parameter takes the path of a file."""
    return parameter.choices is not None and parameter.choices.source == "paths"


def whole_path(given: Any) -> Any:
    """Make the path of an existing file independent of the folder that one stands in."""
    if not isinstance(given, str | Path):
        return given
    path = Path(given).expanduser()
    return str(path.resolve()) if path.exists() else str(given)


def with_files(operation: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
    """Hand over texts of files and whole paths, so that a call can be replayed anywhere."""
    found = dict(arguments)
    for parameter in operation.parameters:
        value = arguments.get(parameter.name)
        if is_file_text(parameter) and isinstance(value, str | Path):
            found[parameter.name] = read_text_file(str(value))
        elif is_path(parameter) and value is not None:
            found[parameter.name] = whole_path(value)
    return found
