from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import UsageError
from llmops_workbench.models.batching import joined, plan_batches
from llmops_workbench.models.engine import Sampling
from llmops_workbench.models.hardware import pick_dtype
from llmops_workbench.models.sampling import pick


@given(
    st.lists(st.integers(0, 300), max_size=60),
    st.integers(1, 500),
    st.integers(1, 9),
    st.integers(0, 50),
    st.integers(1, 900),
)
def test_plan_holds_every_row_once_and_within_its_bounds(lengths, budget, most, extra, grown):
    batches = plan_batches(
        lengths, token_budget=budget, max_rows=most, extra=extra, grown_budget=grown
    )
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    flat = [lengths[row] for batch in batches for row in batch]
    assert flat == sorted(flat, reverse=True)
    for batch in batches:
        widest = max(lengths[row] for row in batch)
        assert len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(1, widest) <= budget
        assert len(batch) == 1 or len(batch) * (max(1, widest) + extra) <= grown
    queues = joined(batches)
    assert [row for _, rows in queues for row in rows] == [r for batch in batches for r in batch]
    assert [size for size, _ in queues] == sorted({size for size, _ in queues})


def draw(logits: list[float], sampling: Sampling, draws: int = 4000) -> list[float]:
    """Share of each token over evenly spread draws."""
    import torch

    uniform = (torch.arange(draws) + 0.5)[:, None] / draws
    tokens = pick(torch.tensor([logits]).expand(draws, -1), uniform, sampling)
    return [(tokens == token).double().mean().item() for token in range(len(logits))]


def softmax(logits: list[float], temperature: float = 1.0) -> list[float]:
    weights = [math.exp(value / temperature) for value in logits]
    return [weight / sum(weights) for weight in weights]


LOGITS = [0.5, 2.0, -1.0, 1.2, 0.0]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_come_as_often_as_they_are_likely(temperature):
    shares = draw(LOGITS, Sampling(temperature=temperature))
    assert shares == pytest.approx(softmax(LOGITS, temperature), abs=1e-3)


def test_top_k_keeps_the_likeliest():
    one, three = softmax([2.0, 1.2])
    expected = [0, one, 0, three, 0]
    assert draw(LOGITS, Sampling(temperature=1, top_k=2)) == pytest.approx(expected, abs=1e-3)


def test_top_p_keeps_the_smallest_set_that_reaches_it():
    # softmax: 0.13 0.56 0.03 0.25 0.08; 0.56 + 0.25 reach 0.7, and 0.56 alone does not
    one, three = softmax([2.0, 1.2])
    expected = [0, one, 0, three, 0]
    assert draw(LOGITS, Sampling(temperature=1, top_p=0.7)) == pytest.approx(expected, abs=1e-3)
    assert draw(LOGITS, Sampling(temperature=1, top_p=0.5)) == pytest.approx([0, 1, 0, 0, 0])


def test_top_p_over_a_flat_distribution_looks_at_all_tokens():
    flat = [0.0] * 2000
    shares = draw(flat, Sampling(temperature=1, top_p=0.9), draws=1800)
    assert sum(share > 0 for share in shares) == 1800


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"top_p": 0}, "top_p is 0"),
        ({"top_p": 1.5}, "top_p is 1.5"),
        ({"top_k": -1}, "top_k is -1"),
        ({"stop": ("",)}, "stop string is empty"),
    ],
)
def test_wrong_sampling_is_named(wrong, sentence):
    with pytest.raises(UsageError, match=sentence):
        Sampling(**wrong)


def test_one_stop_string_may_be_given_alone():
    assert Sampling(stop="abc").stop == ("abc",)  # type: ignore[arg-type]


def test_dtype_follows_the_processor(monkeypatch):
    import torch

    from llmops_workbench.models import hardware

    for flags, expected in (
        ("fpu avx512f avx512_bf16", torch.bfloat16),
        ("fpu amx_bf16", torch.bfloat16),
        ("fpu avx2", torch.float32),
    ):
        text = f"processor : 0\nflags\t\t: {flags}\n"
        monkeypatch.setattr(hardware.Path, "read_text", lambda *_, text=text, **__: text)
        hardware.cpu_has_bfloat16.cache_clear()
        assert pick_dtype(None, "cpu") == expected
        monkeypatch.undo()
    hardware.cpu_has_bfloat16.cache_clear()
