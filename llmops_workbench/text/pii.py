"""Personal data in texts, found by patterns and checksums.

Patterns find what has a form: addresses, numbers, keys. They find no names of people. Every
pattern has bounded repeats and looks behind itself before it starts, so that the time is linear in
the text, whatever the text is. The words around a match may be of any script.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from llmops_workbench.core.registry import Registry
from llmops_workbench.text.checksums import iban_length, is_iban, is_luhn

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
        hints: The text is only searched when it holds one of these; any digit when empty.
        usual: Whether it is looked for when nobody says what to look for.
        keep_ends: Whether the mask shows the first and the last character.
    """

    pattern: re.Pattern[str]
    check: Check
    hints: tuple[str, ...] = ()
    usual: bool = True
    keep_ends: bool = True


kinds: Registry[Detector] = Registry("kind of personal data")
_DIGIT = re.compile(r"\d")


def usual_kinds() -> list[str]:
    """The kinds that are looked for when none are named."""
    _register_secrets()
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
    has_digit = _DIGIT.search(text) is not None
    found: list[Span] = []
    for name in names:
        detector = kinds.get(name)
        if not (any(h in text for h in detector.hints) if detector.hints else has_digit):
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
    _register_secrets()
    for name in only:
        kinds.get(name)
    return list(dict.fromkeys(only))


def _register_secrets() -> None:
    # The module registers its kinds when it is imported; it needs this one first.
    import llmops_workbench.text.secret_patterns  # noqa: F401


def _search(text: str, name: str, detector: Detector) -> list[Span]:
    found: list[Span] = []
    end = 0
    for match in detector.pattern.finditer(text):
        if match.start() < end:
            continue
        place = detector.check(match)
        if place is not None:
            end = place[1]
            masked = mask(text[place[0] : end], keep_ends=detector.keep_ends)
            found.append(Span(place[0], end, name, masked))
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
    """Take the whole match."""
    return match.span()


def _digits(text: str) -> str:
    return "".join(str(int(c)) for c in text if c.isdecimal())


def _phone(match: re.Match[str]) -> tuple[int, int] | None:
    # ITU-T E.164: at most 15 digits.
    return match.span() if 7 <= len(_digits(match[0])) <= 15 else None


def _ip(match: re.Match[str]) -> tuple[int, int] | None:
    candidate = match[0].rstrip(".")
    if candidate.endswith(":") and not candidate.endswith("::"):
        candidate = candidate[:-1]
    try:
        ipaddress.ip_address(candidate)
    except ValueError:
        return None
    # "a::b" is an operator of some languages more often than an address.
    return (match.start(), match.start() + len(candidate)) if _DIGIT.search(candidate) else None


def _iban(match: re.Match[str]) -> tuple[int, int] | None:
    length = iban_length(match[0][:2])
    place = 0
    for place, character in enumerate(match[0]):
        length -= character.isalnum()
        if length == 0:
            break
    candidate = match[0][: place + 1]
    rest = match[0][place + 1 : place + 2]
    if length != 0 or rest.isalnum() or not is_iban(candidate):
        return None
    return match.start(), match.start() + len(candidate)


def _card(match: re.Match[str]) -> tuple[int, int] | None:
    digits = _digits(match[0])
    return match.span() if len(set(digits)) > 1 and is_luhn(digits) else None


def _ssn(match: re.Match[str]) -> tuple[int, int] | None:
    # Social Security Administration: never 000, 666 or 900-999, no group 00, no serial 0000.
    area, group, serial = match[1], match[2], match[3]
    never = area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000"
    return None if never else match.span()


_FREE = r"(?<![A-Za-z0-9])"  # ASCII on purpose: a Chinese letter may stand right beside
_END = r"(?![A-Za-z0-9])"

kinds.register("email")(
    Detector(
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-][A-Za-z0-9._%+-]{0,63}"
            r"@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}(?![A-Za-z0-9-])"
        ),
        whole,
        hints=("@",),
    )
)
kinds.register("phone")(
    Detector(
        re.compile(
            r"(?<![\w.+-])(?:"
            r"\+\d(?:[ ().\-]{0,2}\d){6,14}"  # international
            r"|\(\d{2,5}\)[ \-]?\d{2,4}(?:[ \-]?\d{2,4}){1,3}"  # area in brackets
            r"|\d{3}[ .\-]\d{3}[ .\-]\d{4}"  # North America
            r"|8[ \-]?\(\d{3,5}\)[ \-]?\d{1,3}(?:[ \-]?\d{2}){2}"  # Russia
            r"|0\d{1,4}[ \-]\d{1,4}[ \-]\d{3,4}"  # Japan and much of Europe
            r"|0\d{2,4}[ /\-]\d{5,8}"
            r")(?![\w\-]|\.\d)"
            # China: eleven digits, between Chinese letters without a space
            r"|(?<![A-Za-z0-9.+-])1[3-9]\d(?:[ \-]?\d{4}){2}(?![A-Za-z0-9\-]|\.\d)"
        ),
        _phone,
    )
)
kinds.register("ip")(
    Detector(
        re.compile(
            r"(?<![A-Za-z0-9:.])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])"
            r"|(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:.]{3,45}(?![A-Za-z0-9:]))"
        ),
        _ip,
        hints=(".", ":"),
    )
)
kinds.register("iban")(
    Detector(
        re.compile(rf"{_FREE}[A-Za-z]{{2}}[0-9]{{2}}(?:[ \-]?[A-Za-z0-9]){{11,30}}"),
        _iban,
    )
)
kinds.register("card")(
    Detector(
        re.compile(r"(?<![A-Za-z0-9.\-])[2-6][0-9](?:[ \-]?[0-9]){11,17}(?![A-Za-z0-9]|\.[0-9])"),
        _card,
    )
)
kinds.register("ssn")(
    Detector(
        re.compile(r"(?<![A-Za-z0-9\-])([0-9]{3})[\- ]([0-9]{2})[\- ]([0-9]{4})(?![A-Za-z0-9\-])"),
        _ssn,
    )
)
kinds.register("url")(
    Detector(
        re.compile(
            rf"{_FREE}(?:https?|ftp)://[^\s<>\"'、。，）」]{{1,2000}}[^\s<>\"'、。，）」.,;:!?)]"
        ),
        whole,
        hints=("://",),
        usual=False,
    )
)
