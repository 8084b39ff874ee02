"""Functions in the place of models, and reviews in several languages for them to judge.

What they answer is fixed by the text, so that a comparison of them is the same every time; they
are as good as their names say, and one of them says what nobody should trust.
"""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Sequence
from typing import Any

Prompt = str | Sequence[dict[str, str]]

# Language, label, text.
_TEXTS = (
    ("en", "negative", "A dull, lifeless film that mistakes volume for feeling."),
    ("en", "positive", "Warm, sharp and funnier than it has any right to be."),
    ("en", "negative", "The plot limps from one coincidence to the next."),
    ("en", "positive", "I have not stopped thinking about the last scene for a week."),
    ("en", "negative", "Two hours of product placement with a love story in between."),
    ("en", "positive", "The battery lasts three days and the screen is a joy to read on."),
    ("en", "negative", "Arrived broken, and the replacement arrived broken as well."),
    ("zh", "positive", "这部电影节奏紧凑，演员的表演非常自然，看完之后久久不能平静。"),
    ("zh", "negative", "剧情拖沓，对白生硬，看到一半就想离开电影院。"),
    ("ja", "positive", "音楽も映像も素晴らしく、最後まで飽きずに観られました。"),
    ("ja", "negative", "期待していただけに、結末にはがっかりしました。"),
    ("ar", "positive", "فيلم رائع بكل المقاييس، أداء الممثلين كان مقنعًا جدًا."),
    ("ar", "negative", "القصة ضعيفة والحوار ممل ولا أنصح أحدًا بمشاهدته."),
    ("ru", "positive", "Редкий случай, когда продолжение лучше первой части."),
    ("ru", "negative", "Затянуто, скучно и совершенно предсказуемо."),
    ("th", "positive", "หนังสนุกมาก ดูแล้วหัวเราะทั้งเรื่อง"),
)
_WORDS = ("quiet", "long", "loud", "slow", "brief", "old", "new", "strange", "plain", "bright")
LABELS = ["positive", "negative"]
PROMPTS = {
    "short": "Is this review positive or negative?\n{{text}}",
    "few-shot": ("A waste of an evening. → negative\nPure delight. → positive\n{{text}} →"),
}

HOSTILE = (
    "<script>window.__ran = 1</script>",
    "<img src=x onerror='window.__ran = 1'>",
    "<svg/onload=window.__ran=1>",
    "javascript:window.__ran=1",
    "[a](javascript:window.__ran=1) ![b](http://example.invalid/x.png)",
    "{{constructor.constructor('window.__ran=1')()}} ${window.__ran=1}",
    "</td></tr></table></div><h1>out</h1>",
    "\u202egnp.exe \u2066left\u2069",
    "a\u200bb\u200cc\u200dd\ufeff",
    "\x1b[31mred\x1b[0m \x07",
    "line\nbreak\r\nand\ttab",
    "w" * 5000,
    "<style>*{display:none}</style>",
    "",
)


def reviews(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Make reviews, no text twice, with label, language and domain, and a few long ones."""
    draw = random.Random(seed)
    rows: dict[str, dict[str, Any]] = {}
    while len(rows) < count:
        language, label, text = draw.choice(_TEXTS)
        if len(rows) >= len(_TEXTS):
            text = f"{text} ({draw.choice(_WORDS)} {draw.choice(_WORDS)}, {draw.randint(2, 9999)})"
        if draw.random() < 0.04:
            text = " ".join([text] * 12)
        domain = draw.choice(["film", "film", "shop"])
        rows[text] = {"text": text, "label": label, "language": language, "domain": domain}
    return list(rows.values())


def short(prompt: Prompt) -> str:
    """Right in about two rows of three, in whatever form comes to its mind."""
    right, luck = _right(prompt), _luck(prompt, "short")
    word = right if luck < 0.66 else _other(right)
    return (word, f"{word.capitalize()}.", f"I would say that this review is {word}.")[
        int(luck * 1000) % 3
    ]


def careful(prompt: Prompt) -> str:
    """Right in nearly nine rows of ten, in one word."""
    right = _right(prompt)
    return right if _luck(prompt, "careful") < 0.88 else _other(right)


def weaker(prompt: Prompt) -> str:
    """One word as well, and right a little less often; worst in Arabic."""
    right, luck = _right(prompt), _luck(prompt, "weaker")
    arabic = any("\u0600" <= char <= "\u06ff" for char in _text(prompt))
    return right if luck < (0.3 if arabic else 0.82) else _other(right)


def failing(prompt: Prompt) -> str:
    """As good as `careful`, when it answers at all."""
    if _luck(prompt, "failing") > 0.93:
        raise TimeoutError("no answer after 30 s")
    return careful(prompt)


def hostile(prompt: Prompt) -> str:
    """What a page must show as text and nothing else."""
    return HOSTILE[zlib.crc32(_text(prompt).encode()) % len(HOSTILE)]


def slow(prompt: Prompt) -> str:
    """Takes its time, so that somebody can watch."""
    time.sleep(0.05)
    return careful(prompt)


def _text(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else "\n".join(turn["content"] for turn in prompt)


def _right(prompt: Prompt) -> str:
    text = _text(prompt)
    return next((label for _, label, known in _TEXTS if known[:12] in text), "negative")


def _other(label: str) -> str:
    return LABELS[1 - LABELS.index(label)]


def _luck(prompt: Prompt, name: str) -> float:
    return zlib.crc32(f"{name} {_text(prompt)}".encode()) / 2**32
