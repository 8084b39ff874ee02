"""`monitor` through all faces."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    from llmops_workbench.tracking import events
    from llmops_workbench.tracking.catalogue import Catalogue

    Catalogue(workspace).register("endpoint", "desk", hash="sha256-" + "0" * 64)
    traffic = [
        {
            "endpoint": "desk",
            "request_id": f"request-{number}",
            "request": {
                "messages": [{"role": "user", "content": f"{word} film, truly {word} {number}"}]
            },
            "status": 200,
            "model_version": "model:tiny@1",
            "key_id": "0",
            "response": {"choices": [{"message": {"content": "pos"}}]},
            "payload": {},
        }
        for number, word in enumerate(["fine", "dull", "warm", "long", "clever", "lost"] * 4)
    ]
    rows = "".join(f"a plain film number {number}\n" for number in range(24))
    (workspace.root / "reference.csv").write_text(f"text\n{rows}", encoding="utf-8")
    with activate(workspace):
        events.append("traffic", traffic)
    given = {"endpoint": "desk", "reference": "reference.csv", "column": "text"}
    return [given, {**given, "last": 20, "alpha": 0.05, "permutations": 200, "seed": 3}]
