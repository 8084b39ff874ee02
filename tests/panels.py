"""Ways to ask the Python side of a panel of answers, and to take its saved page apart."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa

from llmops_workbench.core.views import View


def ask(view: View, **payload: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Ask for rows; give what was told and the rows themselves."""
    answer = view.ask("rows", {"start": 0, "stop": 500, "metric": "exact_match", **payload})
    json.dumps(answer.json, allow_nan=False)
    return answer.json, pa.ipc.open_stream(io.BytesIO(answer.buffers[0])).read_all().to_pylist()


def places(view: View, **payload: Any) -> list[int]:
    """Ask for rows; give the place of each in the data."""
    told, rows = ask(view, **payload)
    assert told["total"] == len(rows)
    return [row["place"] for row in rows]


def shortened(text: str | None) -> str | None:
    """Cut a text as a range of rows carries it."""
    return text if text is None or len(text) <= 400 else text[:400] + "…"


def without_model_libraries(root: Path, view: str, subject: str, payload: dict[str, Any]) -> str:
    """Open a view in a process that has no model library, and give how many rows it told of."""
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'trl', 'mlflow'):\n    sys.modules[name] = None\n"
        "from pathlib import Path\n"
        "from llmops_workbench.core import views\n"
        "from llmops_workbench.core.workspace import Workspace\n"
        f"view = views.get({view!r})(Workspace(Path({str(root)!r})), {subject!r})\n"
        "view.state(); view.static_html()\n"
        f"print(view.ask('rows', {payload!r}).json['total'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Tags(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
