"""Steps that were done are not done again: a key of all that a step's result depends on.

The key holds the notebook's source, the values, the content of the files and the versions of the
references among them, the results of the steps before it, and the version of the product.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import operations
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.references import KINDS, parse
from llmops_workbench.pipelines.files import LONGEST_PATH
from llmops_workbench.version import __version__

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.pipelines.graph import Step

_BLOCK_BYTES = 1 << 20


def key(
    step: Step, values: dict[str, Any], before: dict[str, str | None], workspace: Workspace
) -> str:
    """Make the key of a step.

    Args:
        step: Which.
        values: Its parameters, expressions filled in.
        before: The digest of the result of each step that it waits for.
        workspace: Where references are looked up.
    """
    record = {
        "source": _code(step.source),
        "values": values,
        "content": _contents(step, values, workspace),
        "before": before,
        "version": __version__,
    }
    text = json.dumps(record, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _contents(step: Step, values: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """Give the content behind each value that names something.

    For a verb it is known which values do. In any other notebook each text may; then a text that
    names what the notebook itself makes costs one more run, and never gives an old result.
    """
    if step.verb is None:
        return {text: _content(text, None, workspace) for text in sorted(_texts(values))}
    found: dict[str, Any] = {}
    for parameter in operations.get(step.verb).parameters:
        points, listed = parameter.points, parameter.choices
        reads = listed is not None and listed.source in ("files", "paths")
        if parameter.name in values and (points is not None or reads):
            for text in sorted(_texts(values[parameter.name])):
                found[text] = _content(text, (points.kind,) if points else (), workspace)
    return found


def find(workspace: Workspace, pipeline: str, key: str) -> dict[str, Any] | None:
    """Give the record of a done step, or None."""
    try:
        text = _file(workspace, pipeline, key).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    record = json.loads(text)
    folder = workspace.dot / str(record["folder"])
    return record if folder.is_dir() else None


def keep(workspace: Workspace, pipeline: str, key: str, record: dict[str, Any]) -> None:
    """Remember a done step; of two that were done at once, the later stays."""
    file = _file(workspace, pipeline, key)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{key}.{os.getpid()}")
    fresh.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    fresh.replace(file)


def _file(workspace: Workspace, pipeline: str, key: str) -> Path:
    return workspace.dot / "pipelines" / pipeline / "done" / f"{key}.json"


def _code(notebook: str) -> list[str]:
    """Give what a notebook does: neither its outputs nor its execution counts."""
    cells = json.loads(notebook)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for item in value.values() for text in _texts(item)}
    if isinstance(value, list):
        return {text for item in value for text in _texts(item)}
    return set()


def _content(text: str, kinds: tuple[str | None, ...] | None, workspace: Workspace) -> str | None:
    """Give the hash of the file, or of the version, that a text names."""
    if not text or "\n" in text or len(text) > LONGEST_PATH:
        return None
    path = workspace.root / Path(text).expanduser()
    if path.is_file():
        found = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                found.update(block)
        return found.hexdigest()
    if any(character.isspace() for character in text):
        return None
    return _versions(text, kinds, workspace)


def _versions(text: str, kinds: tuple[str | None, ...] | None, workspace: Workspace) -> str | None:
    """Pin a text in every kind that it may name: what a bare name means may have changed."""
    from llmops_workbench.tracking.catalogue import Catalogue

    head, colon, _ = text.partition(":")
    if colon and head in KINDS:
        kinds = (head,)
    elif kinds is None:
        kinds = tuple(kind for kind in KINDS if kind != "run")
    catalogue = Catalogue(workspace)
    found = []
    for kind in kinds:
        try:
            found.append(str(catalogue.get(parse(text, kind)).hash))
        except LLMOpsError:
            continue  # it names nothing of this kind
    return " ".join(found) or None
