"""Look at a dataset: what its columns hold, and what its texts say."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef, ModelRef
from llmops_workbench.core.results import Result
from llmops_workbench.data.profiles import ColumnProfile, Duplicates, TextProfile

if TYPE_CHECKING:
    from llmops_workbench.tracking.catalogue import Version


class ExploreReport(Result):
    """What a dataset holds.

    Attributes:
        ref: The dataset version that was looked at.
        rows: Its rows (of the split, up to the limit).
        columns: A profile of each column.
        duplicates: Rows that stand more than once.
        text: What the text column says; None when there is none.
        languages: Rows by language code, the most frequent first.
        languages_rows: Rows whose language was detected.
        encoding: Rows with each sign of damage, such as mojibake.
        pii: Rows with each kind of personal data or secret.
        splits: Rows of each split.
        roles: Role to column.
        roles_guessed: Whether the roles were guessed from names.
        bad_rows: Rows of the source file that could not be read.
        seed: Of the sample, when texts were sampled.
    """

    view = "profile"

    ref: str
    rows: int
    columns: list[ColumnProfile]
    duplicates: Duplicates
    text: TextProfile | None = None
    languages: dict[str, int] = {}
    languages_rows: int = 0
    encoding: dict[str, int] = {}
    pii: dict[str, int] = {}
    splits: dict[str, int] = {}
    roles: dict[str, str] = {}
    roles_guessed: bool = False
    bad_rows: int = 0
    seed: int = 0

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one row for each column."""
        return [
            {
                "name": column.name,
                "type": column.type,
                "missing": column.missing,
                "unique": column.unique,
                **(
                    {
                        "minimum": column.spread.minimum,
                        "mean": column.spread.mean,
                        "maximum": column.spread.maximum,
                    }
                    if column.spread
                    else {}
                ),
            }
            for column in self.columns
        ]

    def headline(self) -> dict[str, float]:
        """Give the counts that a list of runs shows."""
        found: dict[str, float] = {"rows": self.rows, "duplicates_exact": self.duplicates.exact}
        if self.duplicates.near is not None:
            found["duplicates_near"] = self.duplicates.near
        return found

    def html_body(self) -> str:
        """Give the profile with its pictures."""
        from llmops_workbench.data.profile_page import profile_html

        return profile_html(self)


@operation(stage="data", runs="inline")
def explore(
    source: DatasetRef,
    *,
    column: ColumnName | None = None,
    tokenizer: ModelRef | None = None,
    near_threshold: Annotated[float, Field(gt=0, le=1)] = 0.7,
    shingle: Annotated[int, Field(ge=1)] = 1,
    limit: Annotated[int | None, Field(gt=0)] = None,
    text_rows: Annotated[int, Field(gt=0)] = 20_000,
    language_rows: Annotated[int, Field(ge=0)] = 2_000,
    top: Annotated[int, Field(ge=0, le=100)] = 5,
    seed: int = 0,
) -> ExploreReport:
    """Profile a dataset's columns and texts.

    Plain columns are profiled over all rows. What needs every word (lengths in words and tokens,
    near-duplicates, damage, personal data, language) is measured on at most `text_rows` and
    `language_rows` rows, drawn with the seed, and the report says on how many.

    Args:
        source: The dataset: a reference, a file, or a frame.
        column: The text column; the one with the role input, else the longest text, when left out.
        tokenizer: A model whose tokens are counted.
        near_threshold: Least Jaccard similarity of near-duplicates.
        shingle: Words in an n-gram of the near-duplicates.
        limit: Only the first rows; all when left out.
        text_rows: How many rows are read word by word at most.
        language_rows: How many of those have their language detected at most.
        top: How many of the most frequent values are listed.
        seed: Of the sample.

    Raises:
        NotFoundError: The dataset, the model or the column does not exist; says the nearest.
        UsageError: The column holds no text.

    Example:
        llmops explore reviews.csv --tokenizer smollm2
    """
    from llmops_workbench.data.profiling import Source, literal, profile_columns, quoted
    from llmops_workbench.data.signals import choose_text_column, read_signals
    from llmops_workbench.tracking import datasets
    from llmops_workbench.tracking.storage import read_schema
    from llmops_workbench.tracking.tables import SPLIT

    version = datasets.find(source)
    path = datasets.content_path(version)
    rows = datasets.count(version, split=source.split)
    rows = rows if limit is None else min(rows, limit)
    columns = [name for name in version.meta["columns"] if name != SPLIT]
    where = f"{quoted(SPLIT)} = {literal(source.split)}" if source.split else ""
    table = Source(path, columns, read_schema(path), rows, where, limit)
    roles = datasets.roles(version)
    with context.progress("profile", total=2, unit="passes") as bar:
        profiles, whole = profile_columns(table, roles, top)
        bar.advance()
        text_column = choose_text_column(column, roles, profiles, version.ref)
        duplicates = Duplicates(exact=whole, threshold=near_threshold, shingle=shingle)
        signals: dict[str, Any] = {}
        if text_column is not None:
            signals = read_signals(
                version,
                source.split,
                next(profile for profile in profiles if profile.name == text_column),
                rows=rows,
                limit=limit,
                text_rows=text_rows,
                language_rows=language_rows,
                tokenizer=tokenizer,
                near=duplicates,
                seed=seed,
            )
            duplicates = signals.pop("duplicates")
        bar.advance()
    return ExploreReport(
        ref=_name(version, source.split),
        rows=rows,
        columns=profiles,
        duplicates=duplicates,
        splits=datasets.splits(version),
        roles=roles,
        roles_guessed=datasets.roles_guessed(version),
        bad_rows=int(version.meta.get("bad_rows", 0)),
        failed=int(version.meta.get("bad_rows", 0)),
        seed=seed,
        **signals,
    )


def _name(version: "Version", split: str | None) -> str:
    return str(version.ref) + (f"#{split}" if split else "")
