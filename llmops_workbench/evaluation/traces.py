"""Where one row of an evaluation leads to: its labels, and what the model learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmops_workbench.core.errors import LLMOpsError
from llmops_workbench.core.references import parse
from llmops_workbench.scoring import kept

MOST_LABELS = 50
# Of a larger training set the first rows are searched; the answer says so.
MOST_ROWS = 50_000


def labels_of(row_id: str) -> list[dict[str, Any]]:
    """List what people and models have judged about a row, the newest first."""
    from llmops_workbench.tracking import events

    return [
        {
            "queue": event["queue"],
            "question": event["schema"],
            "value": event["value"],
            "annotator": event["annotator"],
            "source": event["source"],
            "created": event["created"],
        }
        for event in events.read("label", newest=True, limit=MOST_LABELS, item=row_id)
    ]


def nearest_training_rows(
    report: Mapping[str, Any], inputs: Sequence[str], text: str, limit: int = 5
) -> dict[str, Any]:
    """Find the rows that a model was tuned with which are most like a text.

    Args:
        report: The evaluation's result.
        inputs: The columns that the prompt shows.
        text: What was asked about.
        limit: How many rows.

    Returns:
        `data` that was learned from (None for a model that was not tuned here, or from other
        columns), how many rows were `searched` of `total`, and the `rows`: number, text, target
        and similarity.
    """
    import pyarrow as pa

    from llmops_workbench.text.similarity import most_alike
    from llmops_workbench.tracking import datasets

    nothing: dict[str, Any] = {"data": None, "searched": 0, "total": 0, "rows": []}
    data = _learned_from(report["model"])
    if data is None:
        return nothing
    try:
        total = datasets.count(data)
    except LLMOpsError:
        return nothing
    searched = min(total, MOST_ROWS)
    texts = kept.source_texts(data, inputs, searched)
    if texts is None:
        return nothing
    found = most_alike(text, texts.to_pylist(), limit)
    table = datasets.load(data, limit=searched).take(pa.array([at for at, _ in found], pa.int64()))
    return {
        "data": data,
        "searched": searched,
        "total": total,
        "rows": [
            {
                "row": line[datasets.ROW],
                "text": kept.detailed(texts[at].as_py(), kept.SHOWN),
                "target": kept.detailed(line.get(report["target"]), kept.SHOWN),
                "similarity": similarity,
            }
            for (at, similarity), line in zip(found, table.to_pylist(), strict=True)
        ],
    }


def _learned_from(model: str) -> str | None:
    """Name the rows that a version was tuned with; of data with splits the split `train`."""
    from llmops_workbench.tracking import datasets
    from llmops_workbench.tracking.catalogue import catalogue

    ref = parse(model, "model")
    if ref.external:
        return None
    try:
        made_by = catalogue().get(ref).run_id
        run = catalogue().run(made_by) if made_by else None
        if run is None or run["operation"] != "tune":
            return None
        data = parse(str(run["arguments"]["data"]), "dataset")
        if data.split is None and "train" in datasets.splits(data):
            return f"{data}#train"
    except (LLMOpsError, KeyError):
        return None
    return str(data)
