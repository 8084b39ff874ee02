"""The operation `lineage`."""

import html
from typing import Any, ClassVar

from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import AnyName
from llmops_workbench.core.results import Result, Volatile

# A page is for reading; beyond this the frame is.
MOST_LINES = 500
DEEPEST = 20


class LineageGraph(Result):
    """What a thing came from, or what came of it.

    Attributes:
        nodes: Versions, runs and served requests, the start first.
        edges: `target` came about through `source`.
    """

    view: ClassVar[str] = "lineage"

    start: Volatile[str]
    forward: bool
    nodes: Volatile[list[dict[str, Any]]]
    edges: Volatile[list[dict[str, Any]]]

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line an edge."""
        return self.edges

    def html_body(self) -> str:
        """Give the graph as an indented tree, each node once in full."""
        way = "came of" if self.forward else "came from"
        near, far = ("source", "target") if self.forward else ("target", "source")
        below: dict[str, list[tuple[str, str]]] = {}
        for edge in self.edges:
            below.setdefault(edge[near], []).append((edge[far], edge["kind"]))
        lines: list[str] = []
        shown: set[str] = set()
        # Not by recursion: a chain of versions may be longer than Python's stack.
        waiting = [(self.start.partition("#")[0], "", 0)]
        while waiting and len(lines) < MOST_LINES:
            ref, kind, depth = waiting.pop()
            text = f"{'&nbsp;' * 4 * min(depth, DEEPEST)}{html.escape(ref)}"
            text += f" <small>{html.escape(kind)}</small>" if kind else ""
            lines.append(f"<div>{text}{' …' if ref in shown and ref in below else ''}</div>")
            if ref not in shown:
                shown.add(ref)
                found = below.get(ref, [])
                waiting += [(other, how, depth + 1) for other, how in reversed(found)]
        more = "<p>the graph goes on: to_frame() gives all edges</p>" if waiting else ""
        return f"<p>What {way} {html.escape(self.start)}</p>{''.join(lines)}{more}"


@operation(stage="governance", records=False)
def lineage(ref: AnyName, *, forward: bool = False) -> LineageGraph:
    """Trace a thing back to what it came from, or forward to what came of it.

    Args:
        ref: A reference, a run, or a served request as in request:ID.
        forward: Forward instead of back.

    Raises:
        NotFoundError: The reference names nothing.

    Example:
        llmops lineage model:triage@champion
    """
    from llmops_workbench.tracking.catalogue import catalogue

    graph = catalogue().lineage(ref, forward)
    nodes = graph["nodes"]
    return LineageGraph(
        start=str(nodes[0]["ref"]) if nodes else ref,
        forward=forward,
        nodes=nodes,
        edges=graph["edges"],
    )
