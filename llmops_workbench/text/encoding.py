"""Signs that a text was damaged on its way, and a careful repair."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from llmops_workbench.text.words import as_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Tab, line feed and carriage return are text. U+0085 is a line break of old mainframes.
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
# The bytes of a two- to four-byte UTF-8 character, read as Windows-1252: a lead, then as many
# continuations as it asks for. In real text such letters do not stand together.
_CONTINUATION = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = re.compile(f"[Â-ß]{_CONTINUATION}|[à-ï]{_CONTINUATION}{{2}}|[ð-ô]{_CONTINUATION}{{3}}")
# Windows-1252 leaves five bytes undefined; decoders keep them as controls.
_TO_BYTES = {
    character: bytes([value])
    for value in range(0x80, 0x100)
    for character in {
        bytes([value]).decode("cp1252", "ignore") or chr(value),
        chr(value),
    }
}


def _has(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.search(text) is not None


# What is looked for, by name; the order is that of a report.
_SIGNS: dict[str, Callable[[str], bool]] = {
    "replacement_character": lambda text: "\ufffd" in text,
    "mojibake": _has(_MOJIBAKE),
    "nul": lambda text: "\0" in text,
    "control_character": _has(_CONTROLS),
    "lone_surrogate": _has(_SURROGATES),
    "byte_order_mark": lambda text: "\ufeff" in text,
    "noncharacter": _has(_NONCHARACTERS),
}
_ASCII_SIGNS = ("nul", "control_character")


def damage(texts: Iterable[str | None]) -> dict[str, NDArray[np.bool_]]:
    """Find rows that show signs of damage.

    Args:
        texts: The rows.

    Returns:
        For each sign, which rows show it: "replacement_character" (U+FFFD: bytes that were no
        valid text), "mojibake" (UTF-8 read as Windows-1252, such as "Ã©"), "nul",
        "control_character", "lone_surrogate", "byte_order_mark", "noncharacter".
    """
    import numpy as np

    rows = as_texts(texts)
    found = {sign: np.zeros(len(rows), dtype=np.bool_) for sign in _SIGNS}
    for row, text in enumerate(rows):
        for sign in signs(text):
            found[sign][row] = True
    return found


def signs(text: str) -> list[str]:
    """The signs of damage in one text, by the names that `damage` explains."""
    if text.isascii():
        if text.isprintable():
            return []
        return [sign for sign in _ASCII_SIGNS if _SIGNS[sign](text)]
    return [sign for sign, shown in _SIGNS.items() if shown(text)]


def clean(text: str, *, mojibake: bool = False) -> str:
    """Remove what is no text; everything else stays as it is.

    NUL, control characters, noncharacters and byte-order marks are removed. A pair of surrogates
    becomes its character and a lone one U+FFFD, which says that something was lost there.

    Args:
        text: Any text.
        mojibake: Also turn UTF-8 that was read as Windows-1252 back; only sequences that are
            valid UTF-8 are changed.
    """
    if text.isascii() and text.isprintable():
        return text
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if mojibake:
        text = _MOJIBAKE.sub(_repaired, text)
    text = _CONTROLS.sub("", text.replace("\0", "").replace("\x85", "\n"))
    return _NONCHARACTERS.sub("", text).replace("\ufeff", "")


def _repaired(match: re.Match[str]) -> str:
    raw = b"".join(_TO_BYTES[character] for character in match[0])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
