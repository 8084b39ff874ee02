from __future__ import annotations

import pytest

from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.models.engine import Engine, Sampling
from llmops_workbench.models.sources import open_model

MODULE = """
def shout(prompt):
    if prompt == "bad":
        raise ValueError("no answer to that")
    return prompt.upper()

def spell(prompt, sampling):
    yield from prompt[: sampling.max_new_tokens]
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "shouting_model.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "callable:shouting_model"


def test_function_answers_and_its_failures_are_rows(module):
    with open_model(f"{module}:shout") as engine:
        assert isinstance(engine, Engine)
        good, bad, other = engine.generate(["a", "bad", "b"])
        assert (good.text, other.text) == ("A", "B")
        assert "ValueError: no answer to that" in bad.error
        with pytest.raises(UsageError, match="no likelihoods"):
            engine.score(["a"], [["b"]])


def test_generator_is_streamed_with_the_sampling(module):
    with open_model(f"{module}:spell") as engine:
        *pieces, final = engine.stream("hello", Sampling(max_new_tokens=3))
        assert pieces == ["h", "e", "l"]
        assert final.text == "hel"


def test_what_does_not_exist_is_said(module):
    with pytest.raises(NotFoundError, match="did you mean 'shout'"):
        open_model(f"{module}:shoutt")
    with pytest.raises(UsageError, match="cannot be imported"):
        open_model("callable:no_such_module_here:f")
    with pytest.raises(UsageError, match="callable:module:function"):
        open_model("callable:only_module")
