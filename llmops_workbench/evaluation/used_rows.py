"""Rows that were used to choose are never the rows to judge by: find out which were."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.references import Reference, parse

if TYPE_CHECKING:
    from llmops_workbench.tracking.catalogue import Catalogue

# What a run of these operations reads decides what a model becomes; `evaluate` only looks.
MAKING = {"tune": ("data", "validation"), "sweep": ("data", "validation")}
_PAGE = 500


@dataclass(frozen=True)
class Use:
    """Rows of the judged data that had a part in making or choosing the candidate.

    Attributes:
        run_id: The run that used them.
        operation: Its verb.
        data: What it read.
        rows: How many of the judged rows are among them.
    """

    run_id: str
    operation: str
    data: str
    rows: int


@dataclass(frozen=True)
class Rows:
    """The rows of a dataset, each by its id and by what is asked about it.

    Attributes:
        ids: The rows' ids; a row that was selected from the same source keeps its id.
        asked: Hash of the values that the prompt shows; the same question is found again in
            another file, version or split.
    """

    ids: Sequence[str]
    asked: Sequence[str]

    def shared(self, other: Rows) -> int:
        """Count the own rows that the other has, too."""
        ids, asked = set(other.ids), set(other.asked)
        pairs = zip(self.ids, self.asked, strict=True)
        return sum(own in ids or question in asked for own, question in pairs)


def uses(model: Reference, prompt: str | None, data: Reference) -> list[Use]:
    """Find the runs that made or chose a candidate with rows of this data.

    Args:
        model: The candidate; the runs that made it and what it came from count.
        prompt: The candidate's prompt; comparisons that it took part in count.
        data: The rows to judge by.

    Returns:
        One entry a run and data set that shares rows with it.

    Raises:
        UsageError: Rows that such a run read are removed, so that nobody can tell.
    """
    from llmops_workbench.tracking.catalogue import catalogue

    columns = asked_columns(prompt, data)
    judged = read_rows(data, columns)
    known: dict[str, Rows] = {}
    found = []
    for run, text in _read(catalogue(), model, prompt):
        try:
            if text not in known:
                known[text] = read_rows(parse(text, "dataset"), columns)
        except NotFoundError as error:
            raise UsageError(
                f"{run['operation']} (run {run['run_id'][:8]}) read {text}, which is removed: "
                f"nobody can tell whether its rows are among those of {data}"
            ) from error
        shared = judged.shared(known[text])
        if shared:
            found.append(Use(run["run_id"], run["operation"], text, shared))
    return found


def looks(data: Reference, prompt: str | None) -> int:
    """Count the evaluations of this workspace that have read any of these rows."""
    from llmops_workbench.tracking.catalogue import catalogue

    columns = asked_columns(prompt, data)
    judged = read_rows(data, columns)
    seen: dict[str, bool] = {str(data): True}
    count = 0
    for run in _runs(catalogue(), "operation=evaluate state=done"):
        text = str(run["arguments"].get("data"))
        if text not in seen:
            try:
                seen[text] = judged.shared(read_rows(parse(text, "dataset"), columns)) > 0
            except NotFoundError:
                # Removed rows can be compared with nothing; only their name tells.
                seen[text] = parse(text, "dataset").whole() == data.whole()
        count += seen[text]
    return count


def asked_columns(prompt: str | None, data: Reference) -> list[str]:
    """Give the columns that a prompt shows to the model; all of them when it shows none."""
    from llmops_workbench.tracking import datasets, prompts

    known = [name for name in datasets.find(data).meta["columns"] if not name.startswith("__")]
    if prompt is not None:
        shown = [name for name in prompts.load(prompt).variables if name in known]
    else:
        shown = [column for role, column in datasets.roles(data).items() if role == "prompt"]
    return shown or known


def read_rows(data: Reference, columns: Sequence[str]) -> Rows:
    """Read rows by id and by the values of some columns.

    Where the data has no such column but says which one is its input, that one stands for it.
    """
    from llmops_workbench.tracking import datasets

    version = datasets.find(data)
    known = version.meta["columns"]
    roles = datasets.roles(version)
    same: list[str] | None = [name for name in columns if name in known]
    if len(columns) == 1 and not same and "input" in roles:
        same = [roles["input"]]
    elif not same or len(same) < len(columns):
        same = None
    table = datasets.load(data, columns=same or [datasets.ID])
    ids = [str(one) for one in table.column(datasets.ID).to_pylist()]
    if same is None:
        return Rows(ids, [f"id {one}" for one in ids])
    asked = [_fingerprint([row[name] for name in same]) for row in table.to_pylist()]
    return Rows(ids, asked)


def _fingerprint(values: Sequence[Any]) -> str:
    plain = [
        " ".join(unicodedata.normalize("NFC", value).split()) if isinstance(value, str) else value
        for value in values
    ]
    text = json.dumps(plain, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _read(
    book: Catalogue, model: Reference, prompt: str | None
) -> Iterator[tuple[dict[str, Any], str]]:
    """Give each run that made or chose the candidate, with each dataset that it read for it."""
    nodes = book.lineage(model)["nodes"]
    for node in nodes:
        if node["kind"] == "run" and node.get("operation") in MAKING:
            run = _run(book, node["ref"])
            for name in MAKING[run["operation"]]:
                for text in _split_read(run, name):
                    yield run, text
    family = {node["ref"]: node.get("hash") for node in nodes if node["kind"] == "model"}
    hashes = {one for one in family.values() if one}
    asked = _hash(book, prompt) if prompt is not None else None
    for run in _runs(book, "operation=compare state=done"):
        arguments = run["arguments"]
        others = [str(one) for one in arguments["models"]]
        # A comparison of several models chose one; so did one that the candidate itself was in.
        chose = any(
            one == str(model) or (len(others) > 1 and (one in family or _hash(book, one) in hashes))
            for one in others
        )
        chose = chose or (
            asked is not None and any(_hash(book, one) == asked for one in _prompts(book, run))
        )
        if chose:
            yield run, str(arguments["data"])


def _prompts(book: Catalogue, run: Mapping[str, Any]) -> list[str]:
    """Give the prompts that a comparison compared, also those that the models remembered."""
    given = [str(one) for one in run["arguments"].get("prompts") or []]
    if given:
        return given
    report = book.run(run["run_id"])["result"] or {}
    return [str(column["prompt"]) for column in report.get("columns", [])]


def _split_read(run: Mapping[str, Any], name: str) -> list[str]:
    """List what a run read under an argument; of a version with splits, only what it used."""
    from llmops_workbench.tracking import datasets

    value = run["arguments"].get(name)
    read: list[str] = []
    for text in [str(one) for one in (value if isinstance(value, list) else [value]) if one]:
        try:
            splits = datasets.splits(parse(text, "dataset"))
        except NotFoundError:
            splits = {}
        if name == "data" and "#" not in text and "train" in splits:
            read += [f"{text}#{split}" for split in ("train", "validation") if split in splits]
        else:
            read.append(text)
    return read


def _run(book: Catalogue, ref: str) -> dict[str, Any]:
    try:
        return book.run(ref)
    except NotFoundError as error:
        raise UsageError(
            f"{ref} made the model and is removed: nobody can tell which rows it used"
        ) from error


def _hash(book: Catalogue, ref: str) -> str:
    """Give the content that a reference names; of what is removed or external, its own text."""
    try:
        return book.get(parse(ref)).hash
    except NotFoundError:
        return ref


def _runs(book: Catalogue, where: str) -> Iterator[dict[str, Any]]:
    offset = 0
    while True:
        page, _ = book.runs(where=where, limit=_PAGE, offset=offset)
        yield from page
        if len(page) < _PAGE:
            return
        offset += len(page)
