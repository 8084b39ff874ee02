"""Which tokenizer fits the data, and a refusal of one that would drop the text."""

from __future__ import annotations

import importlib.util
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Literal

from llmops_workbench.core.errors import UsageError, require
from llmops_workbench.text.words import words

Tokenize = Callable[[str], list[str]]
Script = Literal["chinese", "japanese", "unspaced", "spaced"]

# sacrebleu's tokenizers that need no download.
SACREBLEU = ("13a", "char", "intl", "ja-mecab", "none", "zh")
# Every name that some metric knows; a metric without a tokenizer lets all of them pass.
KNOWN = ("auto", "default", "squad", "words", *SACREBLEU)

# More than this share of dropped letters and digits is refused.
MOST_DROPPED = 0.1
_ASCII_WORD = re.compile("[a-z0-9]+")
_NO_ASCII_TEXT = bytes(set(range(128)) - set(f"{string.ascii_letters}{string.digits}".encode()))
_MOST_OF = 0.3  # share of letters from which a script decides the tokenizer
_KANA = 0.1  # share of kana among kana and Han from which the text is Japanese
# Thai, Lao, Myanmar and Khmer write no spaces between words.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
_HAN = ((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF))
_HAN_WIDE = ((0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_KANA_BLOCKS = ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F))


def script_of(texts: Iterable[str]) -> Script:
    """Say how the texts are written, as far as a tokenizer cares.

    Args:
        texts: Any number; their letters are counted together.
    """
    counts: Counter[str] = Counter()
    for character, count in Counter("".join(texts)).items():
        if _is_text(character):
            counts[_script(ord(character))] += count
    letters = sum(counts.values())
    if not letters:
        return "spaced"
    east = counts["han"] + counts["kana"]
    if east > _MOST_OF * letters:
        return "japanese" if counts["kana"] > _KANA * east else "chinese"
    if counts["unspaced"] > _MOST_OF * letters:
        return "unspaced"
    return "spaced"


def pick_sacrebleu(
    references: Sequence[Sequence[str]], options: Mapping[str, object]
) -> tuple[str, tuple[str, ...]]:
    """Pick sacrebleu's tokenizer for the references.

    The predictions have no say, so that two systems on the same rows get the same tokenizer.

    Returns:
        The name, and notes about a second-best choice.
    """
    script = script_of(one for row in references for one in row)
    if script == "chinese":
        return "zh", ()
    if script == "unspaced":
        return "char", ()
    if script == "japanese":
        if has_mecab():
            return "ja-mecab", ()
        note = (
            "the references are Japanese and were split into characters; words need "
            "pip install 'llmops-workbench[ja]'"
        )
        return "char", (note,)
    return "13a", ()


def has_mecab() -> bool:
    """Say whether Japanese can be split into words by MeCab and its IPA dictionary."""
    return all(importlib.util.find_spec(name) is not None for name in ("MeCab", "ipadic"))


def require_tokenizer(name: str) -> None:
    """Make sure that sacrebleu's tokenizer has what it needs.

    Raises:
        MissingDependencyError: A dictionary is missing; the extra is named.
    """
    for module in ("MeCab", "ipadic") if name == "ja-mecab" else ():
        require(module, "ja", f"for the tokenizer '{name}'")


@cache
def sacrebleu_tokens(name: str) -> Tokenize:
    """Give a function that splits text with one of sacrebleu's tokenizers.

    Raises:
        MissingDependencyError: A dictionary is missing; the extra is named.
    """
    require_tokenizer(name)
    from sacrebleu.metrics.bleu import BLEU

    tokenizer = BLEU(tokenize=name).tokenizer

    def tokenize(text: str) -> list[str]:
        return str(tokenizer(text.rstrip())).split()

    return tokenize


def characters(text: str) -> list[str]:
    """Split text into letters and digits, each with its marks; the rest is left out.

    The text is brought to NFKC and case-folded first.
    """
    tokens: list[str] = []
    for character in unicodedata.normalize("NFKC", text).casefold():
        kind = unicodedata.category(character)[0]
        if kind == "M" and tokens:
            tokens[-1] += character
        elif kind in "LNM":
            tokens.append(character)
    return tokens


def ascii_words(text: str) -> list[str]:
    """Split as rouge-score does before it stems: runs of a-z and 0-9 of the lower-cased text."""
    return _ASCII_WORD.findall(text.lower())


# Tokenizers that keep every letter and digit of ASCII text, so that only other text is looked at.
_KEEPING_ASCII = frozenset({ascii_words, characters, words, str.split})


def dropped(texts: Sequence[str], tokenize: Tokenize) -> float:
    """Measure the share of letters, digits and marks that a tokenizer loses.

    Args:
        texts: What would be tokenized.
        tokenize: The tokenizer, without a stemmer (which shortens words on purpose).

    Returns:
        0 when nothing is lost, 1 when everything is.
    """
    before = after = 0
    if tokenize in _KEEPING_ASCII:
        plain = "".join(text for text in texts if text.isascii())
        texts = [text for text in texts if not text.isascii()]
        if not texts:
            return 0.0
        before = after = len(plain.encode().translate(None, _NO_ASCII_TEXT))
    before += _text_characters("".join(texts))
    if before == 0:
        return 0.0
    after += _text_characters("".join("".join(tokenize(text)) for text in texts))
    return max(0.0, 1 - after / before)


def refuse_dropping(
    metric: str, tokenizer: str, tokenize: Tokenize, side: str, texts: Sequence[str]
) -> None:
    """Refuse a tokenizer that would drop more than a tenth of the text.

    Args:
        metric: Its name, for the message.
        tokenizer: Its name, for the message.
        tokenize: The tokenizer.
        side: "predictions" or "references", for the message.
        texts: What would be tokenized.

    Raises:
        UsageError: It would; the metric, the share and the option to use are named.
    """
    share = dropped(texts, tokenize)
    if share > MOST_DROPPED:
        raise UsageError(
            f"metric '{metric}' with tokenizer='{tokenizer}' would drop {share:.0%} of the "
            f"letters and digits of the {side}; use tokenizer='words' or tokenizer='char'"
        )


def _text_characters(text: str) -> int:
    return sum(count for character, count in Counter(text).items() if _is_text(character))


def _is_text(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"


def _script(point: int) -> str:
    for name, blocks in (
        ("kana", _KANA_BLOCKS),
        ("han", _HAN),
        ("han", _HAN_WIDE),
        ("unspaced", _UNSPACED),
    ):
        if any(first <= point <= last for first, last in blocks):
            return name
    return "other"
