"""How people and machines are reached: mail, telephone, network addresses."""

from __future__ import annotations

import ipaddress
import re

from llmops_workbench.text.pii import Detector, kinds, whole

# Letters of the alphabets that write addresses, not those of scripts without spaces: a Chinese
# letter may stand right beside an address.
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏͰ-ӿ"
_DIGIT = re.compile(r"\d")


def _phone(match: re.Match[str]) -> tuple[int, int] | None:
    # ITU-T E.164: at most 15 digits.
    return match.span() if 7 <= len([c for c in match[0] if c.isdecimal()]) <= 15 else None


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


kinds.register("email")(
    Detector(
        re.compile(
            rf"(?<![{_LETTERS}0-9._%+-])[{_LETTERS}0-9_%+-][{_LETTERS}0-9._%+-]{{0,63}}"
            rf"@(?:[{_LETTERS}0-9-]{{1,63}}\.){{1,8}}[{_LETTERS}]{{2,63}}(?![{_LETTERS}0-9])"
        ),
        whole,
        hints=("@",),
    )
)
kinds.register("phone")(
    Detector(
        re.compile(
            r"(?<![A-Za-z_\d.+-])(?:"
            r"\+\d(?:[ ().\-]{0,2}\d){6,14}"  # international
            r"|\(\d{2,5}\)[ \-]?\d{2,4}(?:[ \-]?\d{2,4}){1,3}"  # area in brackets
            r"|\d{3}[ .\-]\d{3}[ .\-]\d{4}"  # North America
            r"|8[ \-]?\(\d{3,5}\)[ \-]?\d{1,3}(?:[ \-]?\d{2}){2}"  # Russia
            r"|0(?=(?:[ \-]?\d){9,10}(?!\d))\d{1,4}[ \-]\d{1,4}[ \-]\d{3,4}"  # Japan
            r"|0\d{2,4}[ /\-]\d{5,8}"  # Germany and its neighbours
            r")(?![A-Za-z_\d\-]|\.\d)"
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
kinds.register("url")(
    Detector(
        re.compile(
            # The characters of RFC 3986, so that it ends where text of another script begins; the
            # last is no punctuation of the sentence around it.
            r"(?<![A-Za-z0-9])(?:https?|ftp)://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,2000}"
            r"(?<![.,:;!?)'\]])"
        ),
        whole,
        hints=("://",),
        usual=False,
    )
)
