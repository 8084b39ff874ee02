"""Random pairs of texts in many scripts, from a seed."""

from __future__ import annotations

import random

WORDS = {
    "english": [
        *["the", "cat", "sat", "on", "a", "mat", "while", "it's", "raining", "3.5", "times,"],
        *["don't", "stop!", "running", "runs", "ran"],
    ],
    "russian": ["сегодня", "хорошая", "погода", "пойдём", "в", "парк,", "ёлка!"],
    "arabic": ["الطقس", "جميل", "اليوم", "فلنذهب", "إلى", "الحديقة"],
    "accents": ["été", "naïve", "façade", "İstanbul", "straße", "ﬁne", "Ⅷ", "½", "&quot;x&amp;y"],
    "odd": [
        "😀",
        "👩‍👩‍👧",
        "\u200b",
        "\u0301",
        "\ufeff",
        "\xa0",
        "e\u0301",
        "—",
        "$5",
        "a-b",
        "\x1c",
    ],
}
CHARACTERS = {
    "chinese": "今天天气很好我们去公园吧。，学习模型",
    "japanese": "今日は天気がいいので公園に行きましょう。カタカナ",
    "thai": "วันนี้อากาศดีมากไปสวนกันเถอะ",
}


def random_text(rng: random.Random, kind: str, most: int = 14) -> str:
    length = rng.randint(0, most)
    if kind in CHARACTERS:
        return "".join(rng.choices(CHARACTERS[kind], k=length))
    if kind == "mixed":
        return " ".join(random_text(rng, rng.choice([*WORDS, *CHARACTERS]), 4) for _ in range(3))
    return rng.choice([" ", "  ", "\n"]).join(rng.choices(WORDS[kind], k=length))


def changed(rng: random.Random, text: str) -> str:
    """A text like the given one, so that scores between the extremes occur."""
    pieces = list(text) if " " not in text else text.split(" ")
    for _ in range(rng.randint(0, 3)):
        if pieces:
            place = rng.randrange(len(pieces))
            pieces[place : place + 1] = rng.choice([[], ["x"], pieces[place : place + 2]])
    return ("" if " " not in text else " ").join(pieces)


def random_pairs(
    count: int, seed: int, kinds: tuple[str, ...] = (*WORDS, *CHARACTERS, "mixed")
) -> tuple[list[str], list[list[str]]]:
    """Predictions, and one to three references each; empty texts occur on both sides."""
    rng = random.Random(seed)
    predictions, references = [], []
    for _ in range(count):
        kind = rng.choice(kinds)
        text = random_text(rng, kind)
        several = [
            rng.choice([changed(rng, text), random_text(rng, kind), text])
            for _ in range(rng.randint(1, 3))
        ]
        predictions.append(text)
        references.append(several)
    return predictions, references
