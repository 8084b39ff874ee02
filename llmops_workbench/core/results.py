"""What an operation gives back: a frozen record that every face can show.

Fields that differ between two equal calls (times, ids, paths) are marked `Volatile` and stay out
of the digest by which the faces are held equal.
"""

import hashlib
import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Varies:
    """Mark on a result's field: two equal calls may differ here."""


T = TypeVar("T")
Volatile = Annotated[T, Varies()]


class Result(BaseModel):
    """Root of all results.

    Attributes:
        run_id: The run that recorded the call, or None.
        failed: How many rows could not be processed.
        view: The view that shows it in a live host.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")

    view: ClassVar[str] = "record"

    run_id: Volatile[str | None] = None
    failed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give all fields as JSON values."""
        return self.model_dump(mode="json")

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give the rows of the table that this result is best read as."""
        return [self.to_dict()]

    def text_rows(self) -> list[dict[str, Any]]:
        """Give the rows of the table that a terminal shows below the single values."""
        return self.frame_rows()

    def headline(self) -> dict[str, float]:
        """Give the few numbers that the record of the run shows for this result."""
        return {}

    def to_frame(self) -> "pd.DataFrame":
        """Give the result as a table."""
        import pandas as pd

        return pd.DataFrame(self.frame_rows())

    def digest(self) -> str:
        """Hash the result without its volatile fields; equal calls have equal digests."""
        text = json.dumps(steady(self), sort_keys=True, ensure_ascii=False)
        return f"sha256-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def html_body(self) -> str:
        """Give the static HTML (no scripts) that shows the result in a saved notebook."""
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(str(key))}</th>"
            f"<td>{html.escape(_short(value))}</td></tr>"
            for key, value in self.to_dict().items()
        )
        return f"<table>{cells}</table>"

    def _repr_html_(self) -> str:
        return self.html_body()


def steady(value: Any) -> Any:
    """Give a record as JSON values without its volatile fields, nested ones too."""
    if isinstance(value, BaseModel):
        return {
            name: steady(getattr(value, name))
            for name, info in type(value).model_fields.items()
            if not any(isinstance(mark, Varies) for mark in info.metadata)
        }
    if isinstance(value, dict):
        return {str(key): steady(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [steady(item) for item in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def _short(value: Any, limit: int = 300) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[:limit] + "…"
