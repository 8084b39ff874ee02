"""A workspace with tiny models, prompts and a small data set, and a way to call verbs in it.

Jobs are done in the test's own process, as in a step of a pipeline.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmops_workbench.core.context import activate
from llmops_workbench.core.events import Event
from llmops_workbench.core.workspace import FILE, Workspace
from llmops_workbench.execution.invoke import STEP, invoke
from tests.tiny import make_tiny

SPLITS = {"train": 24, "validation": 12, "test": 30}
WORDS = ("film", "story", "delight", "dull", "scene", "worst", "good", "bad", "great", "terrible")


def reviews() -> list[dict[str, Any]]:
    """Made-up reviews with label and domain, no text twice, split."""
    draw = random.Random(5)
    texts: dict[str, None] = {}
    while len(texts) < sum(SPLITS.values()):
        texts[" ".join(draw.choices(WORDS, k=draw.randint(3, 9)))] = None
    splits = [name for name, count in SPLITS.items() for _ in range(count)]
    return [
        {
            "text": text,
            "label": draw.choice(["good", "bad"]),
            "domain": draw.choice(["film", "shop"]),
            "__split__": split,
        }
        for text, split in zip(texts, splits, strict=True)
    ]


def fill(root: Path, tiny: Path) -> Path:
    """Make the workspace: models tiny and other, prompts short and long, dataset reviews."""
    from llmops_workbench.models.registration import register_folder
    from llmops_workbench.tracking import datasets, outbox, prompts

    workspace = Workspace.init(root)
    # In bfloat16 two tokens of a random model tie so often that a batch changes what is written.
    with (root / FILE).open("a", encoding="utf-8") as settings:
        settings.write('\n[models]\ndtype = "float32"\n')
    workspace = Workspace(root)
    with activate(workspace):
        register_folder("tiny", tiny)
        register_folder("other", make_tiny(root.parent / "other", seed=1))
        prompts.register("short", "{{text}}\nGood or bad?")
        prompts.register("long", [{"role": "user", "content": "Is this good or bad: {{text}}"}])
        datasets.register(
            "reviews", reviews(), meta={"roles": {"input": "text", "target": "label"}}
        )
        outbox.drain(workspace)  # makes MLflow's database, which takes seconds
    workspace.store.close()
    return root


class Stock:
    """The workspace of one test."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.events: list[Event] = []

    def __call__(self, verb: str, **arguments: Any) -> Any:
        """Call an operation and give its result."""
        before = os.environ.get(STEP)
        os.environ[STEP] = "1"
        try:
            return invoke(verb, arguments, workspace=self.workspace, listener=self.events.append)
        finally:
            if before is None:
                del os.environ[STEP]
            else:
                os.environ[STEP] = before

    @property
    def warnings(self) -> str:
        """All that was warned of so far."""
        return "\n".join(str(e.data["message"]) for e in self.events if e.kind == "warning")

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        """Let code below the operations use the workspace."""
        with activate(self.workspace):
            yield self.workspace

    def dataset(self, name: str, rows: list[dict[str, Any]], **meta: Any) -> str:
        """Register rows and give their reference."""
        from llmops_workbench.tracking import datasets

        with self.open():
            return str(datasets.register(name, rows, meta=meta or None).ref)

    def rows(self, ref: str) -> list[dict[str, Any]]:
        """Read the rows of a dataset."""
        from llmops_workbench.tracking import datasets

        with self.open():
            return datasets.load(ref).to_pylist()
