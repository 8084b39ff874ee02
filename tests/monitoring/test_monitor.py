"""Traffic of the same source raises no alarm, that of another one does."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.monitoring import drift, traffic
from llmops_workbench.text.embeddings import embed
from tests.monitoring.texts import SHOP, ask, register_endpoint, texts
from tests.stock import Stock

# Null windows that CI looks at; the proof of drift looks at many, and at real texts.
NULLS = 12


@pytest.fixture
def asked(stock: Stock) -> Stock:
    """An endpoint with traffic, and a reference of the same source."""
    register_endpoint(stock.workspace)
    stock.dataset("known", [{"text": t} for t in texts(150, 1)], roles={"input": "text"})
    return stock


def test_the_same_source_raises_no_alarm(asked: Stock):
    ask(asked.workspace, texts(120, 2), user="web")
    found = asked("monitor", endpoint="reviews", reference="known", permutations=400)
    assert (found.alarm, found.requests, found.reference_rows) == (False, 120, 150)
    assert [test.feature for test in found.tests] == [
        "embedding kernel",
        "embedding classifier",
        "length",
    ]
    assert all(test.adjusted_p > 0.01 for test in found.tests)
    assert found.latency_p50_ms == pytest.approx(np.percentile(np.arange(120) + 10.0, 50), abs=0.1)
    assert (found.tokens, found.errors) == (840, 0)
    assert "no alarm" in found._repr_html_()


def test_another_source_raises_an_alarm_and_shows_what_moved(asked: Stock):
    ask(asked.workspace, [*texts(60, 2), *texts(60, 3, SHOP)])
    found = asked("monitor", endpoint="reviews", reference="known", permutations=400)
    assert found.alarm
    drifted = {test.feature for test in found.tests if test.drifted}
    # The classifier can raise it by itself: its p-values reach far enough down.
    assert {"embedding kernel", "embedding classifier"} <= drifted
    assert "length" not in drifted
    moved = [str(item["text"]) for item in found.moved]
    assert sum(any(word in SHOP for word in text.split()) for text in moved) >= 9
    assert [event.kind for event in asked.events].count("alarm") == 1
    assert "has drifted from dataset:known@1: embedding kernel" in asked.warnings


def test_longer_texts_of_the_same_words_raise_the_alarm_of_length(asked: Stock):
    pairs = zip(texts(100, 2), texts(100, 5), texts(100, 6), strict=True)
    ask(asked.workspace, [" ".join(three) for three in pairs])
    found = asked("monitor", endpoint="reviews", reference="known", permutations=400)
    length = found.tests[2]
    assert length.drifted
    mine = [len(" ".join(p)) for p in zip(texts(100, 2), texts(100, 5), texts(100, 6), strict=True)]
    oracle = stats.ks_2samp(mine, [len(text) for text in texts(150, 1)])
    assert (length.statistic, length.p) == pytest.approx((oracle.statistic, oracle.pvalue))


def test_the_same_look_gives_the_same_numbers(asked: Stock):
    ask(asked.workspace, texts(60, 2))
    given: dict[str, Any] = {"endpoint": "reviews", "reference": "known", "permutations": 400}
    one, two = (asked("monitor", last=50, **given) for _ in range(2))
    assert one.digest() == two.digest()
    assert one.monitor == two.monitor == "monitor:reviews@1"
    other = asked("monitor", last=50, seed=1, **given)
    assert [t.p for t in other.tests[:2]] != [t.p for t in one.tests[:2]]
    assert (one.requests, one.reference_rows) == (50, 50)


def test_only_those_of_a_user_and_of_a_time_are_looked_at(asked: Stock):
    for hour, user in ((9, "web"), (10, "app"), (11, "web")):
        ask(asked.workspace, texts(25, hour), user=user, created=f"2026-11-24T{hour:02}:00:00.500Z")
    given: dict[str, Any] = {"endpoint": "reviews", "reference": "known", "permutations": 400}
    assert asked("monitor", user="web", **given).requests == 50
    assert asked("monitor", since="2026-11-24T10:00:00Z", **given).requests == 50
    assert asked("monitor", since="2026-11-24T10:00:01Z", **given).requests == 25
    assert asked("monitor", until="2026-11-24T09:00:01Z", **given).requests == 25
    # A time with a zone is that moment, wherever it is written.
    assert asked("monitor", until="2026-11-24T10:30:00+01:00", **given).requests == 25
    both = asked("monitor", user="web", since="2026-11-24T10", **given)
    assert both.requests == 25
    with pytest.raises(UsageError, match="'yesterday' is no time: write it as 2026"):
        asked("monitor", since="yesterday", **given)
    with pytest.raises(
        DataError, match="there are 0 different requests at endpoint:reviews@1; 20 are needed"
    ):
        asked("monitor", user="nobody", **given)


def test_requests_that_failed_are_counted_and_in_no_test(asked: Stock):
    ask(asked.workspace, texts(30, 2))
    broken = {"status": 400, "error": "messages: wrong"}
    ask(asked.workspace, texts(40, 3, SHOP), **broken)
    ask(asked.workspace, ["x"], request={"messages": 5}, **broken)
    ask(asked.workspace, ["x"], request={"body": "{"}, **broken)
    found = asked("monitor", endpoint="reviews", reference="known", permutations=400)
    assert (found.requests, found.errors, found.failed) == (72, 42, 42)
    assert not found.alarm


def test_too_little_is_said_and_not_guessed_at(asked: Stock):
    given: dict[str, Any] = {"endpoint": "reviews", "permutations": 400}
    ask(asked.workspace, texts(19, 2))
    with pytest.raises(DataError, match=r"there are 19 different requests .*; 20 are needed"):
        asked("monitor", reference="known", **given)
    ask(asked.workspace, texts(1, 3))
    few = asked.dataset("few", [{"text": t} for t in texts(5, 1)], roles={"input": "text"})
    with pytest.raises(DataError, match="there are 5 reference rows; 20 are needed"):
        asked("monitor", reference=few, **given)
    assert not asked("monitor", reference="known", **given).alarm


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        ({"endpoint": "revues"}, NotFoundError, "revues"),
        ({"reference": "unknown"}, NotFoundError, "unknown"),
        ({"column": "txt"}, UsageError, "no column 'txt'; did you mean 'text'"),
        ({"permutations": 299}, UsageError, "299 permutations cannot show a p below 0.01.*300"),
        ({"alpha": 0.001}, UsageError, "cannot show a p below 0.001.*give 3000 or more"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    asked: Stock, change: dict[str, Any], kind: type[Exception], sentence: str
):
    ask(asked.workspace, texts(25, 2))
    given = {"endpoint": "reviews", "reference": "known", "permutations": 400, **change}
    with pytest.raises(kind, match=sentence) as caught:
        asked("monitor", **given)
    assert "\n" not in str(caught.value)


def test_holms_correction_is_that_of_statsmodels():
    draw = np.random.default_rng(0)
    for count in (1, 2, 3, 10):
        for _ in range(3):  # its own takes half a second, as it collects garbage
            p = np.round(draw.random(count) ** 3, 3)
            assert drift.holm(list(p)) == pytest.approx(multipletests(p, method="holm")[1])


def windows(count: int, seed: int) -> list[bool]:
    """Alarms over windows that were drawn from the reference's own source."""
    alarms = []
    for number in range(count):
        rows = texts(120, 1000 * seed + number)
        random.Random(number).shuffle(rows)
        found = embed(rows, "hashed_ngrams").vectors
        lengths = [len(row) for row in rows]
        tests, _ = drift.compare(
            found[:60], found[60:], lengths[:60], lengths[60:], permutations=200, seed=number
        )
        alarms.append(min(drift.holm([test.p for test in tests])) < 0.05)
    return alarms


def test_the_false_alarms_over_null_windows_stay_below_alpha():
    alarms = windows(NULLS, 1)
    # More than that many would come by chance once in a thousand at a rate of alpha.
    allowed = stats.binom.ppf(0.999, len(alarms), 0.05)
    assert sum(alarms) <= allowed


def test_what_was_asked_is_found_in_every_shape_of_request():
    turns = [{"role": "user", "content": "old"}, {"role": "user", "content": "new"}]
    assert traffic.asked_text({"messages": turns}) == "new"
    assert (
        traffic.asked_text({"messages": [*turns, {"role": "assistant", "content": "x"}]}) == "new"
    )
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert traffic.asked_text({"messages": [{"role": "user", "content": parts}]}) == "ab"
    assert traffic.asked_text({"prompt": "plain"}) == "plain"
    assert traffic.asked_text({"messages": turns, "variables": {"q": "v", "r": "w"}}) == "v\nw"
    assert traffic.asked_text({"messages": 5}) == ""


def test_a_text_that_is_sent_again_and_again_raises_no_alarm(asked: Stock):
    once = texts(30, 5)
    for round_ in range(20):
        ask(asked.workspace, once, user=f"caller-{round_}")
    found = asked("monitor", endpoint="reviews", reference="known", last=600, permutations=400)
    assert (found.requests, found.repeated) == (600, 600 - len(set(once)))
    assert not found.alarm
