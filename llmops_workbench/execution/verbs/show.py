"""The operation `show`."""

import html
import json
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AnyName
from llmops_workbench.core.results import Result, Volatile

if TYPE_CHECKING:
    import pandas as pd

# A preview is for reading; `to_frame` gives all rows.
PREVIEW_ROWS = 10


class Shown(Result):
    """One thing, with all that is known of it.

    Attributes:
        ref: Its pinned reference.
        kind: What it is.
        hash: Its content hash.
        parents: What it was made from.
        aliases: The aliases that point at it.
        details: What belongs to its kind: columns and roles, a template, a run's result …
        rows: Of a dataset: its first rows.
    """

    view: ClassVar[str] = "object"

    ref: Volatile[str]
    kind: str
    hash: Volatile[str]
    parents: Volatile[list[str]]
    created: Volatile[str]
    aliases: list[str] = []
    details: Volatile[dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []

    def to_frame(self) -> "pd.DataFrame":
        """Give a dataset's rows, all of them, with `__row__` and `__id__`; else the facts."""
        if self.kind != "dataset":
            return super().to_frame()
        from llmops_workbench.core.workspace import Workspace
        from llmops_workbench.tracking import datasets

        opened = context.current().workspace or Workspace.find(self.details.get("workspace"))
        with context.activate(opened):
            frame: pd.DataFrame = datasets.load(self.ref).to_pandas()
            return frame

    def text_rows(self) -> list[dict[str, Any]]:
        """Give a dataset's first rows; what else there is stands above them."""
        return self.rows

    def html_body(self) -> str:
        """Give the facts, and a dataset's first rows."""
        given = self.to_dict()
        details = given.pop("details")
        facts = {**{key: value for key, value in given.items() if value}, **details}
        facts.pop("rows", None)
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(str(key))}</th>"
            f"<td>{html.escape(_short(value))}</td></tr>"
            for key, value in facts.items()
            if value not in (None, "", [], {})
        )
        table = f"<table>{cells}</table>"
        if not self.rows:
            return table
        heads = "".join(f"<th>{html.escape(name)}</th>" for name in self.rows[0])
        lines = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(str(cell)[:200])}</td>" for cell in row.values())
            + "</tr>"
            for row in self.rows
        )
        return f"{table}<table><tr>{heads}</tr>{lines}</table>"


@operation(stage="everywhere", records=False)
def show(ref: AnyName) -> Shown:
    """Show one thing with all that is known of it; a dataset's rows as a frame.

    Args:
        ref: A reference such as dataset:home@3, model:triage@champion or run:ID.

    Raises:
        NotFoundError: It names nothing; the nearest name is given.
        UsageError: The reference does not say what it is.

    Example:
        llmops show model:triage@champion
    """
    from llmops_workbench.core.references import parse
    from llmops_workbench.tracking.catalogue import Catalogue

    workspace = context.workspace()
    reference = parse(ref)
    book = Catalogue(workspace)
    if reference.kind == "run":
        record = book.run(reference.name)
        return Shown(
            run_id=record["run_id"],
            ref=record["ref"],
            kind="run",
            hash=record["hash"],
            parents=record["parents"],
            created=record["created"],
            details=record,
        )
    version = book.get(reference)
    pointing = book.aliases(version.ref.kind, version.ref.name) if version.ref.name else {}
    chosen = version.ref if reference.split is None else reference
    rows = []
    details = dict(version.meta)
    if reference.kind == "dataset":
        from llmops_workbench.tracking import datasets

        table = datasets.load(chosen, limit=PREVIEW_ROWS, identity=False)
        rows = [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()]
        details["workspace"] = str(workspace.root)
    return Shown(
        run_id=version.run_id,
        ref=f"{version.ref}#{reference.split}" if reference.split else str(version.ref),
        kind=version.ref.kind,
        hash=version.hash,
        parents=list(version.parents),
        created=version.created,
        aliases=[a for a, number in pointing.items() if str(number) == version.ref.version],
        details=details,
        rows=rows,
    )


def _plain(value: Any) -> Any:
    """Give a cell as a JSON value, also what lies deep in it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _short(value: Any, limit: int = 300) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[:limit] + "…"
