"""Numbers that stand for a person: bank accounts, cards, social security."""

from __future__ import annotations

import re

from llmops_workbench.text.checksums import iban_length, is_iban, is_luhn
from llmops_workbench.text.pii import Detector, kinds


def _iban(match: re.Match[str]) -> tuple[int, int] | None:
    # The match may run on into the next words: the country says where the number ends.
    characters = [place for place, character in enumerate(match[0]) if character.isalnum()]
    length = iban_length(match[0][:2])
    if not 0 < length <= len(characters):
        return None
    end = characters[length - 1] + 1
    following = match.string[match.start() + end : match.start() + end + 1]
    if following.isascii() and following.isalnum():
        return None
    return (match.start(), match.start() + end) if is_iban(match[0][:end]) else None


def _card(match: re.Match[str]) -> tuple[int, int] | None:
    # A last short group may be the next number of the sentence.
    for end in dict.fromkeys((match.end(), match.start("rest") if match["rest"] else -1)):
        digits = re.sub("[^0-9]", "", match.string[match.start() : max(end, match.start())])
        if len(set(digits)) > 1 and is_luhn(digits):
            return match.start(), end
    return None


def _ssn(match: re.Match[str]) -> tuple[int, int] | None:
    # Social Security Administration: never 000, 666 or 900-999, no group 00, no serial 0000.
    area, group, serial = match[1], match[2], match[3]
    never = area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000"
    return None if never else match.span()


kinds.register("iban")(
    Detector(
        re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ \-]?[A-Za-z0-9]){11,30}"),
        _iban,
    )
)
kinds.register("card")(
    Detector(
        re.compile(
            r"(?<![A-Za-z0-9.\-])(?:[2-6][0-9]{12,18}"
            r"|3[0-9]{3}(?P<a>[ \-])[0-9]{6}(?P=a)[0-9]{4,5}"
            r"|[2-6][0-9]{3}(?P<b>[ \-])[0-9]{4}(?P=b)[0-9]{4}(?P=b)[0-9]{4}"
            r"(?P<rest>(?P=b)[0-9]{1,3})?)(?![A-Za-z0-9]|\.[0-9])"
        ),
        _card,
    )
)
kinds.register("ssn")(
    Detector(
        re.compile(r"(?<![A-Za-z0-9\-])([0-9]{3})[\- ]([0-9]{2})[\- ]([0-9]{4})(?![A-Za-z0-9\-])"),
        _ssn,
    )
)
