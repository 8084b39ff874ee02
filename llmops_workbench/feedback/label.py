"""The operation `label`."""

from typing import Any, ClassVar, Literal

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, UsageError, did_you_mean
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef, Reference, check_name, parse
from llmops_workbench.core.results import Result, Volatile

# Rows of labels in one transaction: each is on the disk before the next begins.
BATCH_ROWS = 2000
LISTED = 20


class LabelReport(Result):
    """What came into a queue.

    Attributes:
        queue: The queue's definition.
        rows: Rows that were read.
        added: Labels that are new.
        known: Labels that were there already, from an earlier import of the same rows.
        items: How many different things have a label in this queue now.
        annotators: How many people or models have labelled in it.
        labels: How many labels count now: the newest of each annotator for each item.
        failures: The first rows that could not be used, with the reason.
    """

    view: ClassVar[str] = "queue"

    queue: Volatile[str]
    rows: int
    added: Volatile[int]
    known: Volatile[int]
    items: int
    annotators: int
    labels: int
    failures: list[dict[str, Any]] = []

    def headline(self) -> dict[str, float]:
        """Give the counts."""
        return {"added": self.added, "items": self.items, "annotators": self.annotators}


@operation(stage="feedback")
def label(
    source: DatasetRef,
    *,
    queue: str,
    value: ColumnName,
    item: ColumnName = "__id__",
    annotator: ColumnName | None = None,
    by: str = "",
    question: str = "label",
    origin: Literal["import", "human", "model"] = "import",
    model: str = "",
) -> LabelReport:
    """Import judgments about things into a queue, each with who made it.

    Every row is one judgment. Importing the same rows again adds nothing, nor does a longer file
    that repeats them; another judgment of the same annotator about the same item replaces the
    first, which stays in the record.

    Args:
        source: A file or dataset with one judgment a row.
        queue: The queue that they belong to.
        value: The column of the judgments.
        item: The column that says what was judged; the row's own id when left out.
        annotator: The column that says who judged.
        by: Who judged all rows, in place of a column; you when neither is given.
        question: What was asked, when a queue asks several things.
        origin: Whether people made them here, they come from elsewhere, or a model made them.
        model: The version whose answers were judged, or which judged.

    Raises:
        NotFoundError: There is no such model.
        UsageError: A column is missing, or annotator and by were both given.
        DataError: No row could be used.

    Example:
        llmops label ratings.csv --queue reviews --item review --annotator rater --value score
    """
    from llmops_workbench.feedback.queues import register, summary, unknown
    from llmops_workbench.tracking import datasets, events

    check_name(queue, "queue")
    if annotator is not None and by:
        raise UsageError("annotator and by were both given: give the column, or the one name")
    version = datasets.find(source)
    known_columns = [*version.meta["columns"], "__id__", "__row__"]
    wanted = [value, item, *([annotator] if annotator is not None else [])]
    for name in wanted:
        if name not in known_columns:
            raise UsageError(
                f"the data has no column '{name}'; {did_you_mean(name, version.meta['columns'])}"
            )
    table = datasets.load(source, columns=[c for c in dict.fromkeys(wanted) if c[:2] != "__"])
    judge = by or context.workspace().user()
    judged = _pinned(model) if model else None
    made: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for row in table.to_pylist():
        reason = _unusable(row, value, item, annotator)
        if reason is not None:
            failures.append({"row": row["__row__"], "reason": reason})
            continue
        who = _name(row[annotator]) if annotator is not None else judge
        made.append(_event(row, queue, value, item, who, question, origin, judged, source))
    if not made:
        why = failures[0]["reason"] if failures else "there are no rows"
        raise DataError(f"no row of {source} is a judgment: {why}")
    added = 0
    run_id = context.current().run_id
    fresh = unknown(made, events.current_labels(queue, schema=question))
    with context.progress("labels", total=len(fresh), unit="labels") as bar:
        for start in range(0, len(fresh), BATCH_ROWS):
            part = fresh[start : start + BATCH_ROWS]
            # An event that was there already says which earlier import brought it.
            kept = events.append("label", part)
            added += sum(event["payload"].get("run_id") == run_id for event in kept)
            bar.advance(len(part))
    definition = register(queue, question, str(source.whole()))
    now = summary(queue)
    if failures:
        context.warn(
            f"{len(failures)} rows are no judgments; row {failures[0]['row']}: "
            f"{failures[0]['reason']}"
        )
    return LabelReport(
        run_id=context.current().run_id,
        queue=definition,
        rows=table.num_rows,
        added=added,
        known=len(made) - added,
        items=now["items"],
        annotators=now["annotators"],
        labels=now["labels"],
        failed=len(failures),
        failures=failures[:LISTED],
    )


def _pinned(model: str) -> str:
    """Say which version was judged: an alias will point at another one some day."""
    from llmops_workbench.tracking.catalogue import catalogue

    return catalogue().pin(parse(model, "model"))


def _unusable(row: dict[str, Any], value: str, item: str, annotator: str | None) -> str | None:
    from llmops_workbench.text.words import is_missing

    for name in (value, item, annotator):
        if name is None:
            continue
        found = row[name]
        if is_missing(found) or (isinstance(found, str) and not found.strip()):
            return f"its '{name}' is missing"
    return None


def _name(value: Any) -> str:
    """Write what names a thing; a whole number stays one, though a gap made its column floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _event(
    row: dict[str, Any],
    queue: str,
    value: str,
    item: str,
    annotator: str,
    question: str,
    origin: str,
    model: str | None,
    source: Reference,
) -> dict[str, Any]:
    from llmops_workbench.feedback.queues import key_of

    judged = row[value]
    return {
        "queue": queue,
        "item": _name(row[item]),
        "schema": question,
        "annotator": annotator,
        "source": origin,
        "value": judged,
        "model_version": model,
        "payload": {
            "run_id": context.current().run_id,
            "source": str(source),
            "row": str(row["__id__"]),
        },
        # The row is in it, so that one person may judge a thing twice, but an import only once.
        "idempotency_key": key_of(queue, question, str(row["__id__"]), annotator, judged),
    }
