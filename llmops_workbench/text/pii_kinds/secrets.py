"""Keys and passwords that were written into a text."""

from __future__ import annotations

import re

from llmops_workbench.text.pii import Detector, kinds, whole

_FREE = r"(?<![A-Za-z0-9_-])"
_END = r"(?![A-Za-z0-9_-])"


def _key_block(match: re.Match[str]) -> tuple[int, int]:
    """From the first line of a private key to the end of its last; all that follows if cut off."""
    text = match.string
    last = text.find("-----END", match.end())
    if last < 0:
        return match.start(), len(text)
    closing = text.find("-----", last + len("-----END"))
    return match.start(), len(text) if closing < 0 else closing + len("-----")


def _value(match: re.Match[str]) -> tuple[int, int] | None:
    """Hide the value alone; a place to fill in, such as `${KEY}` or `<token>`, is no secret."""
    value = match["value"]
    if value[0] in "$<{[%*" or len(set(value)) < 4:
        return None
    # "The secret: practice" is prose; a password is believed as it is.
    inner = value.strip(".,:!?)")
    invented = (
        any(c.isdigit() for c in inner) or not inner.isalnum() or inner[1:] != inner[1:].lower()
    )
    return match.span("value") if invented or match["password"] else None


def _secret(pattern: str, *hints: str) -> Detector:
    return Detector(re.compile(_FREE + pattern + _END), whole, hints=hints, keep_ends=False)


kinds.register("aws_key")(
    _secret("(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", "akia", "asia", "abia", "acca")
)
kinds.register("github_token")(
    _secret(
        "(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})",
        *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    )
)
kinds.register("slack_token")(_secret("xox[abeoprs]-[A-Za-z0-9-]{10,250}", "xox"))
kinds.register("google_key")(_secret("AIza[A-Za-z0-9_-]{35}", "aiza"))
kinds.register("huggingface_token")(_secret("hf_[A-Za-z0-9]{34,40}", "hf_"))
kinds.register("openai_key")(_secret("sk-[A-Za-z0-9_-]{20,250}", "sk-"))
kinds.register("json_web_token")(
    _secret(
        r"eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{8,2000}",
        "eyj",
    )
)
kinds.register("private_key")(
    Detector(
        re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----"),
        _key_block,
        hints=("private key",),
        keep_ends=False,
    )
)
kinds.register("secret")(
    Detector(
        re.compile(
            r"(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|auth[_-]?token|token"
            r"|(?P<password>passw(?:or)?d|pwd|密码|密碼|パスワード|пароль))"
            r"[\"']?\s{0,4}[:=：]\s{0,4}[\"']?(?P<value>[^\s\"',;，；]{6,200})",
            re.IGNORECASE,
        ),
        _value,
        hints=("key", "secret", "token", "passw", "pwd", "密码", "密碼", "パスワード", "пароль"),
        keep_ends=False,
    )
)
