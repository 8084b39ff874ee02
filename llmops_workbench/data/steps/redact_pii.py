"""Replace personal data and secrets in texts by their kind, as in `[EMAIL]`."""

from collections import Counter

from pydantic import field_validator

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.data.columns import rewrite, texts_of
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.data.steps.normalise import named_columns
from llmops_workbench.text import pii


class RedactOptions(StepOptions):
    """Options of `redact_pii`.

    Attributes:
        columns: Which text columns (`column` for one).
        kinds: Which kinds; the usual ones when left out.
    """

    shorthand = "columns"

    columns: list[str] = []
    column: str | None = None
    kinds: list[str] | None = None

    @field_validator("columns", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: list[str] | None) -> list[str] | None:
        for kind in value or []:
            try:
                pii.kinds.get(kind)
            except NotFoundError as error:
                raise ValueError(error.message) from error
        return value


@step("redact_pii", RedactOptions)
def redact_pii(state: State, options: RedactOptions) -> Change:
    """Replace personal data by its kind, and count what was found."""
    table, changed, finds = state.table, set(), Counter[str]()
    for column in named_columns(options.columns, options.column):
        before = texts_of(table, column)
        after, spans = pii.redact_all(before, options.kinds)
        finds.update(span.kind for row in spans for span in row)
        table, rows = rewrite(table, column, before, after, f"redact_pii {options.key()}")
        changed.update(rows)
    return Change(table, len(changed), {"finds": dict(sorted(finds.items()))})
