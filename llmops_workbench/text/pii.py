"""Personal data in texts, found by patterns and checksums.

Patterns find what has a form: addresses, numbers, keys. They find no names of people. Every
pattern has bounded repeats and looks behind itself before it starts, so that the time is linear in
the text, whatever the text is. The words around a match may be of any script.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from llmops_workbench.core.registry import Registry

# Gives the begin and end of what is to be hidden, or None when the match is no such thing.
Check = Callable[[re.Match[str]], tuple[int, int] | None]


class Span(NamedTuple):
    """One find.

    Attributes:
        start: First character in the text.
        end: One past the last.
        kind: What it is, for example "email".
        masked: The found text with its letters and digits hidden, safe to show and to store.
    """

    start: int
    end: int
    kind: str
    masked: str


@dataclass(frozen=True)
class Detector:
    """How one kind of personal data is found.

    Attributes:
        pattern: Candidates.
        check: What makes a candidate a find.
        hints: Lower-case texts; a text without any of them, in any case, is not searched. A text
            without a digit is not when there are none.
        usual: Whether it is looked for when nobody says what to look for.
        keep_ends: Whether the mask shows the first and the last character.
    """

    pattern: re.Pattern[str]
    check: Check
    hints: tuple[str, ...] = ()
    usual: bool = True
    keep_ends: bool = True


kinds: Registry[Detector] = Registry("kind of personal data", "llmops_workbench.text.pii_kinds")
_DIGIT = re.compile(r"\d")


def usual_kinds() -> list[str]:
    """The kinds that are looked for when none are named."""
    return [name for name, detector in kinds.items() if detector.usual]


def find(text: str, only: Sequence[str] | None = None) -> list[Span]:
    """Find personal data and secrets.

    Args:
        text: Any text.
        only: Kinds to look for; all but "url" when left out.

    Returns:
        Finds in text order that do not overlap: of two that do, the one that begins first, then
        the longer one.

    Raises:
        NotFoundError: no such kind.
    """
    names = usual_kinds() if only is None else _known(only)
    lowered = text.lower()
    has_digit = _DIGIT.search(text) is not None
    found: list[Span] = []
    for name in names:
        detector = kinds.get(name)
        if not (any(h in lowered for h in detector.hints) if detector.hints else has_digit):
            continue
        found.extend(_search(text, name, detector))
    found.sort(key=lambda span: (span.start, -span.end))
    apart: list[Span] = []
    for span in found:
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
    return apart


def redact(text: str, only: Sequence[str] | None = None) -> tuple[str, list[Span]]:
    """Replace personal data by its kind, as in "[EMAIL]".

    Args:
        text: Any text.
        only: Kinds to look for; all but "url" when left out.

    Returns:
        The new text, and what was found, with positions in the old one.

    Raises:
        NotFoundError: no such kind.
    """
    spans = find(text, only)
    parts: list[str] = []
    begin = 0
    for span in spans:
        parts += (text[begin : span.start], f"[{span.kind.upper()}]")
        begin = span.end
    return "".join([*parts, text[begin:]]), spans


def redact_all(
    texts: Iterable[str | None], only: Sequence[str] | None = None
) -> tuple[list[str | None], list[list[Span]]]:
    """Redact a column; a missing text stays missing."""
    changed: list[str | None] = []
    spans: list[list[Span]] = []
    for text in texts:
        new, found = (None, []) if text is None else redact(text, only)
        changed.append(new)
        spans.append(found)
    return changed, spans


def _known(only: Sequence[str]) -> list[str]:
    for name in only:
        kinds.get(name)
    return list(dict.fromkeys(only))


def _search(text: str, name: str, detector: Detector) -> list[Span]:
    found: list[Span] = []
    begin = 0
    while match := detector.pattern.search(text, begin):
        place = detector.check(match)
        if place is None:
            begin = match.start() + 1  # a rejected match may hide the beginning of a find
            continue
        begin = place[1]
        masked = mask(text[place[0] : begin], keep_ends=detector.keep_ends)
        found.append(Span(place[0], begin, name, masked))
    return found


def mask(value: str, *, keep_ends: bool = True) -> str:
    """Hide the letters and digits of a value, except its first and last character."""
    hidden = "".join("*" if c.isalnum() else c for c in value[:80])
    if len(value) > 80:
        hidden += "…"
    elif keep_ends and len(value) > 4:
        hidden = value[0] + hidden[1:-1] + value[-1]
    return hidden


def whole(match: re.Match[str]) -> tuple[int, int]:
    """Take the whole match: the check of a pattern that needs none."""
    return match.span()
