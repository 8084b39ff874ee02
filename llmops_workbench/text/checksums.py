"""Checksums of numbers that people have: bank accounts and cards."""

from __future__ import annotations

import re

# Characters of an IBAN by country: the registry of ISO 13616, kept by SWIFT.
_IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTH_OF = {
    country: length for length, names in _IBAN_LENGTHS.items() for country in names.split()
}
_LENGTH_OF |= {"FK": 18, "SD": 18}


def iban_length(country: str) -> int:
    """Characters in an IBAN of a country (two letters); 0 when the country has none."""
    return _LENGTH_OF.get(country.upper(), 0)


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN: known country, its length, and 1 modulo 97 (ISO 7064).

    Args:
        text: With or without spaces and hyphens, in any case.
    """
    code = re.sub(r"[\s-]", "", text).upper()
    if not code.isascii() or not code.isalnum() or len(code) != iban_length(code[:2]):
        return False
    if not code[2:4].isdigit():
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


def is_luhn(digits: str) -> bool:
    """Whether the last of the digits is the check digit of the others (ISO/IEC 7812-1)."""
    if len(digits) < 2 or not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) << (place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
