"""Bring texts into one form: Unicode, white space, case, what is no text at all."""

import html
import unicodedata
from typing import Literal

from pydantic import field_validator

from llmops_workbench.data.columns import rewrite, texts_of
from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.text.encoding import clean


class NormaliseOptions(StepOptions):
    """Options of `normalise`.

    Attributes:
        columns: Which text columns (`column` for one).
        unicode: The Unicode normal form, or "none".
        whitespace: "strip" at the ends, "collapse" every run to one space, or "keep".
        case: "lower", "fold" (for comparing), or "keep".
        clean: Remove NUL, control characters and byte-order marks.
        mojibake: Repair UTF-8 that was read as Windows-1252.
        unescape: Turn `&amp;` and its like into characters.
        empty: Whether a text that is empty afterwards is kept or becomes missing.
    """

    shorthand = "columns"

    columns: list[str] = []
    column: str | None = None
    unicode: Literal["NFC", "NFD", "NFKC", "NFKD", "none"] = "NFC"
    whitespace: Literal["strip", "collapse", "keep"] = "strip"
    case: Literal["lower", "fold", "keep"] = "keep"
    clean: bool = True
    mojibake: bool = False
    unescape: bool = False
    empty: Literal["keep", "missing"] = "keep"

    @field_validator("columns", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


@step("normalize", NormaliseOptions)
@step("normalise", NormaliseOptions)
def normalise(state: State, options: NormaliseOptions) -> Change:
    """Bring the texts of columns into one form."""
    table, changed = state.table, set()
    for column in named_columns(options.columns, options.column):
        before = texts_of(table, column)
        after = [None if text is None else _normal(text, options) for text in before]
        table, rows = rewrite(table, column, before, after, f"normalise {options.key()}")
        changed.update(rows)
    return Change(table, len(changed))


def named_columns(columns: list[str], column: str | None) -> list[str]:
    """The columns that `columns` and `column` name together.

    Raises:
        ValueError: they name none.
    """
    named = list(dict.fromkeys([*columns, *([column] if column else [])]))
    if not named:
        msg = "the option 'column' is missing"
        raise ValueError(msg)
    return named


def _normal(text: str, options: NormaliseOptions) -> str | None:
    if options.unescape and "&" in text:
        text = html.unescape(text)
    if options.clean or options.mojibake:
        text = clean(text, mojibake=options.mojibake)
    if options.unicode != "none" and not text.isascii():
        text = unicodedata.normalize(options.unicode, text)
    if options.case != "keep":
        text = text.lower() if options.case == "lower" else text.casefold()
    if options.whitespace == "collapse":
        text = " ".join(text.split())
    elif options.whitespace == "strip":
        text = text.strip()
    return None if not text and options.empty == "missing" else text
