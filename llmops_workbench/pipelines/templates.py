"""The notebook of each operation, made from its signature.

`python -m llmops_workbench.pipelines.templates` writes them all to `templates/`; with `--check` it
only says which are stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.operations import to_json

if TYPE_CHECKING:
    from llmops_workbench.core.operations import Operation, Parameter

# Ends the words in parentheses after the name of a parameter that has no default.
REQUIRED = ", required"

_PACKAGE = Path(__file__).resolve().parent.parent


def templates_folder() -> Path:
    """Give the folder of the templates: inside an installed package, else in the checkout."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


def source(verb: str) -> str:
    """Give the notebook of a verb as text: the shipped one, else made now, as for a plug-in.

    Raises:
        NotFoundError: There is no such verb; the nearest is named.
    """
    operation = operations.get(verb)
    shipped = templates_folder() / f"{operation.name}.ipynb"
    if operation.name in operations.built_in() and shipped.is_file():
        return shipped.read_text(encoding="utf-8")
    return render(operation)


def render(operation: Operation) -> str:
    """Make the notebook of an operation.

    Returns:
        JSON text of notebook format 4.5; the same for the same signature and docstring.
    """
    title = [f"# {operation.name}", "", operation.summary]
    if operation.description:
        title += ["", operation.description]
    if operation.example:
        title += ["", "The same in a shell:", ""]
        title += [f"    {line}" for line in example_lines(operation)]
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": _lines(title)},
        _code(
            "parameters",
            [line for each in operation.parameters for line in _parameter(operation, each)],
        ),
        _code(
            "step",
            [
                "import llmops_workbench as lw",
                "",
                f'result = lw.step("{operation.name}", globals())',
                "result",
            ],
        ),
    ]
    cells[1]["metadata"] = {"tags": ["parameters"]}
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def example_lines(operation: Operation) -> list[str]:
    """Give the commands of the docstring's example, each on one line as it is typed."""
    found: list[str] = []
    for line in operation.example.splitlines():
        if found and line.strip() and not line.startswith("llmops "):
            found[-1] = f"{found[-1].removesuffix(chr(92)).rstrip()} {line.strip()}"
        elif line.strip():
            found.append(line.strip())
    return found


def _parameter(operation: Operation, parameter: Parameter) -> list[str]:
    """Write one parameter; a required one stands as a comment alone, so that it has no value."""
    words = _type_words(operation.schema()["properties"][parameter.name], operation)
    if parameter.required:
        words += REQUIRED
    about = f"# {parameter.name} ({words})" + (f": {parameter.help}" if parameter.help else "")
    if parameter.required:
        return [about]
    return [about, f"{parameter.name} = {to_json(parameter.default)!r}"]


def _type_words(schema: dict[str, Any], operation: Operation) -> str:
    """Say in JSON's own words what a parameter takes."""
    if "$ref" in schema:
        return _type_words(operation.schema()["$defs"][schema["$ref"].split("/")[-1]], operation)
    if "anyOf" in schema:
        words = [_type_words(option, operation) for option in schema["anyOf"]]
        return " or ".join(dict.fromkeys(words))
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " or ".join(repr(option) for option in schema["enum"])
    if "x-llmops-kind" in schema:
        kind = schema["x-llmops-kind"]
        return "reference" if kind == "any" else f"reference of a {kind}"
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        return f"list of {_type_words(items, operation)}" if items else "list"
    return str(schema.get("type", "any JSON value"))


def _code(name: str, lines: list[str]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": _lines(lines),
    }


def _lines(lines: list[str]) -> list[str]:
    return "\n".join(lines).splitlines(keepends=True)


def stale(folder: Path) -> dict[str, str | None]:
    """Compare a folder with the operations.

    Returns:
        What each notebook that differs should hold; None for one without an operation.
    """
    wanted = {f"{name}.ipynb": render(operations.get(name)) for name in operations.built_in()}
    found: dict[str, str | None] = {
        name: text
        for name, text in wanted.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    }
    for file in folder.glob("*.ipynb"):
        made = '"id": "step"' in file.read_text(encoding="utf-8")
        if made and file.name not in wanted:
            found[file.name] = None
    return found


def main(argv: list[str]) -> int:
    """Write the templates, or with `--check` say which are stale (exit code 1)."""
    folder = templates_folder()
    differing = stale(folder)
    for name, text in differing.items():
        if "--check" not in argv:
            if text is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'stale' if '--check' in argv else 'written'}: {name}\n")
    return 1 if differing and "--check" in argv else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
