"""What the sidebar is made of: its sections, what one begins with, and what fits a thing.

Nothing of this is written down in the page, so an operation that others bring shows up in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llmops_workbench.core import operations
from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.said import said


@dataclass(frozen=True)
class Section:
    """One section.

    Attributes:
        id: How it is asked for.
        title: Its heading.
        kind: What is in it.
        empty: What an empty one will show.
        start: The operation that begins it; empty for none.
        begin: What the button for that is called.
        where: Which of the kind, in the language of `llmops ls --where`.
    """

    id: str
    title: str
    kind: str
    empty: str
    start: str = ""
    begin: str = ""
    where: str = ""


SECTIONS = (
    Section(
        "running",
        said("Running"),
        "job",
        said("Nothing is running. A job shows here how far it is, and can be stopped."),
    ),
    Section(
        "data",
        said("Data"),
        "dataset",
        said("No data yet. Add a CSV, JSONL or Parquet file and look into it."),
        "explore",
        said("Explore a file"),
    ),
    Section(
        "prompts",
        said("Prompts"),
        "prompt",
        said("No prompts yet. Write one with {{column}} places for the columns of your data."),
        "prompt",
        said("Write a prompt"),
    ),
    Section(
        "models",
        said("Models"),
        "model",
        said("No models yet. Take one from a package, a hub or a folder."),
        "fetch",
        said("Fetch a model"),
    ),
    Section(
        "pipelines",
        said("Pipelines"),
        "pipeline",
        said("No pipelines yet. A pipeline runs notebooks in order and skips what is done."),
        "execute",
        said("Run a notebook"),
    ),
    Section(
        "runs",
        said("Runs"),
        "run",
        said("No runs yet. Whatever an operation does is recorded here, with what it was told."),
        "compare",
        said("Compare prompts"),
    ),
    Section(
        "labels",
        said("Labels"),
        "queue",
        said("No label queues yet. Ask people for judgments on rows, answers or requests."),
        "label",
        said("Label something"),
    ),
    Section(
        "endpoints",
        said("Endpoints"),
        "endpoint",
        said("No endpoints yet. Serve a model on this machine, with a key and every request kept."),
        "serve",
        said("Serve a model"),
    ),
    Section(
        "alerts",
        said("Alerts"),
        "run",
        said("Nothing was watched yet. A monitor tests whether requests still look as expected."),
        "monitor",
        said("Watch an endpoint"),
        where="operation=monitor",
    ),
)

# What the button for something new offers, in the order of a model's life.
NEW = (
    ("explore", said("Explore data")),
    ("compare", said("Compare prompts")),
    ("tune", said("Tune a model")),
    ("evaluate", said("Evaluate a model")),
    ("label", said("Label answers")),
    ("serve", said("Serve a model")),
    ("monitor", said("Watch an endpoint")),
    ("execute", said("Run a pipeline")),
)


def described() -> dict[str, Any]:
    """Say what the sidebar is made of; an operation that is not installed is left out."""
    known = operations.index()
    return {
        "sections": [
            {
                "id": section.id,
                "title": section.title,
                "kind": section.kind,
                "empty": section.empty,
                "start": section.start if section.start in known else "",
                "begin": section.begin,
            }
            for section in SECTIONS
        ],
        "new": [{"operation": name, "label": label} for name, label in NEW if name in known],
    }


def fitting(kind: str) -> Iterator[dict[str, Any]]:
    """Give the operations of a stage that begin with a thing of a kind, and as which argument."""
    for name, entry in operations.index().items():
        if entry.stage == "everywhere":
            continue
        try:
            parameters = operations.get(name).parameters
        except (ImportError, LLMOpsError):
            continue
        for one in parameters:
            # What may be left out is beside the point: a model is not explored by its tokenizer.
            if one.points and one.points.kind == kind and (one.required or one.positional):
                yield {
                    "operation": name,
                    "label": name.replace("_", " ").capitalize(),
                    "summary": entry.summary,
                    "parameter": one.name,
                    "many": one.many,
                }
                break


def section(name: str) -> Section | None:
    """Give a section by its id."""
    return next((one for one in SECTIONS if one.id == name), None)
