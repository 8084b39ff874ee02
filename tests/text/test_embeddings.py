import subprocess
import sys

import numpy as np
import pytest

from llmops_workbench.core.errors import MissingDependencyError, NotFoundError
from llmops_workbench.text.embeddings import embed, embedder, embedders

TEXTS = [
    "The movie was wonderful and I loved it.",
    "I really liked this film, it was great.",
    "The quarterly tax report is due on Monday.",
    "今天天气很好，我们去公园散步。",
    "今天天气不错，我们去公园走走。",
    "ภาษาไทยเข้าใจง่าย",
    "العَرَبِيَّةُ لغة جميلة",
    "👩‍👩‍👧",
    "lone \ud800 surrogate",
]


def available(name):
    if name == "wordllama":
        pytest.importorskip("wordllama", reason="the extra 'embeddings' is not installed")
    return name


@pytest.mark.parametrize("name", ["wordllama", "hashed_ngrams"])
def test_rows_have_length_one_and_say_who_made_them(name):
    result = embed([*TEXTS, "", None], available(name))
    assert result.embedder == name
    assert result.vectors.dtype == np.float32
    assert result.vectors.shape == (len(TEXTS) + 2, embedder(name).dimension)
    norms = np.linalg.norm(result.vectors, axis=1)
    readable = [text for text in TEXTS if name == "wordllama" or text != "👩‍👩‍👧"]
    assert (np.abs(norms - 1) < 1e-5).sum() == len(readable)
    assert norms[-2:].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", ["wordllama", "hashed_ngrams"])
def test_a_row_does_not_depend_on_its_batch(name):
    texts = [f"{text} {i}" for i in range(150) for text in TEXTS]
    together = embed(texts, available(name)).vectors
    for row in (0, 511, 512, len(texts) - 1):
        alone = embed([texts[row]], name).vectors[0]
        assert np.abs(alone - together[row]).max() < 1e-6


def test_alike_texts_are_near():
    for name, pairs in {
        "wordllama": [(0, 1, 2), (3, 4, 2)],
        "hashed_ngrams": [(3, 4, 0), (3, 4, 5)],
    }.items():
        vectors = embed(TEXTS, available(name)).vectors
        for one, like, other in pairs:
            assert vectors[one] @ vectors[like] > vectors[one] @ vectors[other] + 0.1


def test_wordllama_equals_its_own_pooling():
    wordllama = pytest.importorskip("wordllama", reason="the extra 'embeddings' is not installed")
    from pathlib import Path

    model = wordllama.WordLlama.load(
        cache_dir=Path(wordllama.__file__).parent, disable_download=True
    )
    expected = model.embed(TEXTS[:-1], norm=True)
    assert np.abs(embed(TEXTS[:-1]).vectors - expected).max() < 1e-5


def test_hashed_ngrams_keep_the_cosine_of_the_counts():
    """Feature hashing keeps inner products up to noise of about one over the root of 512."""
    sklearn = pytest.importorskip("sklearn.feature_extraction.text")
    random = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in random.integers(s, s + 60, 80)) for s in range(0, 60, 6)]
    words = sklearn.CountVectorizer(ngram_range=(1, 2)).fit_transform(texts)
    grams = sklearn.CountVectorizer(
        analyzer=lambda text: [w[i : i + 3] for w in text.split() for i in range(len(w) - 2)]
    ).fit_transform(texts)
    full = np.hstack([np.sqrt(words.toarray()), np.sqrt(grams.toarray())])
    full /= np.linalg.norm(full, axis=1, keepdims=True)
    hashed = embed(texts, "hashed_ngrams").vectors
    assert np.abs(hashed @ hashed.T - full @ full.T).max() < 0.2


def test_hashed_ngrams_are_the_same_in_another_process():
    code = (
        "from llmops_workbench.text.embeddings import embed;"
        "print(embed(['one 東京 คำ'], 'hashed_ngrams').vectors.tobytes().hex())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = embed(["one 東京 คำ"], "hashed_ngrams").vectors.tobytes().hex()
    assert run.stdout.strip() == here


def test_unknown_and_missing_embedders_are_named(monkeypatch):
    with pytest.raises(NotFoundError, match="did you mean 'wordllama'"):
        embed(["a"], "word_llama")
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(MissingDependencyError, match=r"llmops-workbench\[embeddings\]"):
        embedders.get("wordllama")()
