from __future__ import annotations

import math
import random
import shutil
from pathlib import Path

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import CancelledError, UsageError
from llmops_workbench.models.engine import Engine, Generation, Sampling
from llmops_workbench.models.engines.local import LocalEngine, open_local

PROMPTS = [
    "The film was",
    "A",
    "What is the capital of France? The capital of France is Paris. What is the",
    "дом и 日本語 text",
    "negative",
    "The worst of the year; the worst of the year; the worst of the year; the worst",
    "yes no",
]


def reference(engine: LocalEngine, prompt: str, new: int) -> list[int]:
    """Greedy decoding without cache, padding or batch: the whole text again for each token."""
    import torch

    ids = engine.tokenizer(prompt, add_special_tokens=False)["input_ids"]
    start = len(ids)
    with torch.inference_mode():
        for _ in range(new):
            logits = engine.model(torch.tensor([ids]), use_cache=False).logits[0, -1]
            ids = [*ids, int(logits.argmax())]
            if ids[-1] == engine.tokenizer.eos_token_id:
                break
    return ids[start:]


def test_satisfies_the_protocol(engine):
    assert isinstance(engine, Engine)
    assert engine.info.dtype == "float32"
    assert engine.info.threads == 1
    assert engine.info.weights_hash.startswith("sha256-")


def test_batch_equals_plain_greedy_decoding(engine):
    answers = engine.generate(PROMPTS, Sampling(max_new_tokens=24))
    for prompt, answer in zip(PROMPTS, answers, strict=True):
        ids = reference(engine, prompt, 24)
        assert answer.text == engine.tokenizer.decode(ids, skip_special_tokens=True)
        assert answer.new_tokens == len(ids)
        assert answer.prompt_tokens == len(engine.tokenizer(prompt)["input_ids"])
        ended = ids[-1] == engine.tokenizer.eos_token_id
        assert answer.finish_reason == ("stop" if ended else "length")


def test_batch_equals_transformers_generate(engine):
    answers = engine.generate(PROMPTS, Sampling(max_new_tokens=16))
    for prompt, answer in zip(PROMPTS, answers, strict=True):
        inputs = engine.tokenizer(prompt, return_tensors="pt")
        inputs.pop("token_type_ids", None)
        ids = engine.model.generate(**inputs, max_new_tokens=16, do_sample=False)[0]
        new = ids[inputs["input_ids"].shape[1] :]
        assert answer.text == engine.tokenizer.decode(new, skip_special_tokens=True)


def test_rows_that_finish_early_leave_the_others_right(engine):
    """Rows stop at different lengths, so the batch shrinks under way."""
    texts = [answer.text for answer in engine.generate(PROMPTS, Sampling(max_new_tokens=40))]
    stops = tuple({text[k : k + 2] for k, text in zip((3, 9, 15, 20), texts, strict=False)})
    sampling = Sampling(max_new_tokens=40, stop=stops)
    batch = engine.generate(PROMPTS, sampling)
    single = [engine.generate([prompt], sampling)[0] for prompt in PROMPTS]
    assert [row.text for row in batch] == [row.text for row in single]
    assert len({row.new_tokens for row in batch}) > 2
    for text, row in zip(texts, batch, strict=True):
        cut = min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))
        assert row.text == text[:cut]


def test_small_batches_give_the_same_in_order(engine):
    small = LocalEngine(engine.model, engine.tokenizer, engine.info, max_rows=2)
    sampling = Sampling(max_new_tokens=8)
    seen: dict[int, Generation] = {}
    answers = small.generate(PROMPTS, sampling, on_result=seen.__setitem__)
    assert [a.text for a in answers] == [a.text for a in engine.generate(PROMPTS, sampling)]
    assert [seen[number] for number in range(len(PROMPTS))] == answers


def test_rows_that_enter_later_are_answered_as_if_alone(engine):
    """Many rows of many lengths through few lines: entering, leaving, and dropped padding."""
    chooser = random.Random(5)
    words = [
        "The",
        "film",
        "was",
        "a",
        "delight",
        "dull story",
        "yes",
        "no",
        "Paris",
        "дом",
        "日本",
    ]
    prompts = [
        " ".join(chooser.choices(words, k=chooser.choice((1, 2, 3, 5, 8, 20, 30))))
        for _ in range(40)
    ]
    free = engine.generate(prompts, Sampling(max_new_tokens=60))
    stops = tuple({row.text[at : at + 2] for at, row in zip(range(4, 44, 4), free, strict=False)})
    sampling = Sampling(max_new_tokens=60, stop=stops)
    alone = [engine.generate([prompt], sampling)[0] for prompt in prompts]
    assert len({row.new_tokens for row in alone}) > 8
    for rows in (1, 3, 8):
        narrow = LocalEngine(engine.model, engine.tokenizer, engine.info, max_rows=rows)
        answers = narrow.generate(prompts, sampling)
        assert [a.text for a in answers] == [a.text for a in alone]
        assert [a.new_tokens for a in answers] == [a.new_tokens for a in alone]
        assert all(0 < a.first_token_seconds <= a.seconds for a in answers)


def test_finished_rows_make_room(engine, monkeypatch):
    """Eight rows of one token behind each long one take no more steps than the long ones."""
    steps = 0
    forward = engine.model.forward

    def counted(*args, **kwargs):
        nonlocal steps
        steps += 1
        return forward(*args, **kwargs)

    monkeypatch.setattr(engine.model, "forward", counted)
    narrow = LocalEngine(engine.model, engine.tokenizer, engine.info, max_rows=4)
    first = engine.generate(["yes no"], Sampling(max_new_tokens=1))[0].text
    long = "The film was a delight from the first scene to the last."
    whole = engine.generate([long], Sampling(max_new_tokens=30, stop=(first,)))[0]
    assert whole.new_tokens > 10, "the long row must not hold the stop string early"
    steps = 0
    answers = narrow.generate([long, *["yes no"] * 24], Sampling(max_new_tokens=30, stop=(first,)))
    assert [a.new_tokens for a in answers] == [whole.new_tokens, *[1] * 24]
    assert steps <= whole.new_tokens + 24 / 3 + 2


def test_sampling_depends_on_prompt_and_seed_alone(engine):
    sampling = Sampling(max_new_tokens=12, temperature=1.0, top_p=0.9, seed=3)
    batch = [answer.text for answer in engine.generate(PROMPTS, sampling)]
    single = [engine.generate([prompt], sampling)[0].text for prompt in reversed(PROMPTS)]
    assert batch == single[::-1]
    other = Sampling(max_new_tokens=12, temperature=1.0, top_p=0.9, seed=4)
    assert [answer.text for answer in engine.generate(PROMPTS, other)] != batch


def test_stream_joins_to_the_batched_answer(engine):
    for prompt in PROMPTS:
        *pieces, final = engine.stream(prompt, Sampling(max_new_tokens=20))
        assert isinstance(final, Generation)
        assert "".join(pieces) == final.text
        assert final.text == engine.generate([prompt], Sampling(max_new_tokens=20))[0].text
        assert 0 < final.first_token_seconds <= final.seconds


def test_stream_never_shows_part_of_a_stop_string(engine):
    whole = engine.generate(["The film was"], Sampling(max_new_tokens=30))[0].text
    stop = whole[5:12]
    *pieces, final = engine.stream("The film was", Sampling(max_new_tokens=30, stop=(stop,)))
    assert "".join(pieces) == final.text == whole[: whole.index(stop)]
    assert final.finish_reason == "stop"


def test_chat_prompt_goes_through_the_template(engine):
    chat = [{"role": "user", "content": "yes no"}]
    text = "<|im_start|>user\nyes no<|im_end|>\n<|im_start|>assistant\n"
    sampling = Sampling(max_new_tokens=12)
    assert engine.generate([chat], sampling)[0].text == engine.generate([text], sampling)[0].text


def test_model_without_a_chat_template_says_so(tiny, tmp_path):
    folder = Path(shutil.copytree(tiny, tmp_path / "plain"))
    (folder / "chat_template.jinja").unlink()
    with open_local(str(folder), name="plain") as engine:
        assert engine.info.details["chat"] is False
        answer, other = engine.generate([[{"role": "user", "content": "yes"}], "yes"])
        assert "plain has no chat template" in answer.error
        assert other.error is None


def test_failed_rows_are_told_and_the_others_go_on(engine):
    long = "yes " * 400
    answers = engine.generate(["yes", long, "no"], Sampling(max_new_tokens=4))
    assert [answer.finish_reason == "error" for answer in answers] == [False, True, False]
    assert "context 256" in answers[1].error
    assert answers[1].text == ""


def test_answer_ends_where_the_context_does(engine):
    ids = engine.tokenizer("yes " * 80)["input_ids"]
    prompt = engine.tokenizer.decode(ids[:250] if len(ids) > 250 else ids)
    answer = engine.generate([prompt], Sampling(max_new_tokens=500))[0]
    assert answer.prompt_tokens + answer.new_tokens <= 256


def test_prompt_full_of_end_tokens_is_not_taken_for_padding(engine):
    """The end token is the padding token; masking by id would drop it from the prompt."""
    prompts = ["<|im_end|><|im_end|>The film", "The film", "The worst of the year of the year"]
    batch = engine.generate(prompts, Sampling(max_new_tokens=12))
    for prompt, answer in zip(prompts, batch, strict=True):
        ids = reference(engine, prompt, 12)
        assert answer.text == engine.tokenizer.decode(ids, skip_special_tokens=True)


def naive_score(engine: LocalEngine, prompt: str, continuation: str) -> tuple[float, int, bool]:
    """One forward pass over the joint tokens; the boundary by decoding prefixes of the tokens."""
    import torch

    ids = engine.tokenizer(prompt + continuation)["input_ids"]
    cut = len(ids)
    while cut > 0 and len(engine.tokenizer.decode(ids[:cut])) > len(prompt):
        cut -= 1
    if cut == 0:
        ids, cut = [engine.tokenizer.bos_token_id, *ids], 1
    with torch.inference_mode():
        logits = engine.model(torch.tensor([ids]), use_cache=False).logits[0].double()
    logs = logits.log_softmax(-1)
    total, greedy = 0.0, True
    for at in range(cut, len(ids)):
        total += float(logs[at - 1, ids[at]])
        greedy = greedy and int(logs[at - 1].argmax()) == ids[at]
    return total, len(ids) - cut, greedy


def test_score_equals_a_naive_loop(engine):
    prompts = ["The film was", "Sentiment: ", "", "What is the capital of France?", "A dull"]
    texts = [
        [" good", " bad", " a delight from the first scene"],
        ["positive", "negative"],
        ["yes", "no maybe"],
        [" The capital of France is Paris.", " Paris", " zzz qq"],
        [],
    ]
    scores = engine.score(prompts, texts)
    assert [len(row) for row in scores] == [3, 2, 2, 3, 0]
    for prompt, row, expected in zip(prompts, scores, texts, strict=True):
        for likelihood, continuation in zip(row, expected, strict=True):
            total, tokens, greedy = naive_score(engine, prompt, continuation)
            assert likelihood.log_likelihood == pytest.approx(total, abs=1e-4)
            assert likelihood.tokens == tokens
            assert likelihood.greedy == greedy


def test_score_calls_the_greedy_continuation_greedy(engine):
    text = engine.generate(["The film was"], Sampling(max_new_tokens=1))[0].text
    likelihood = engine.score(["The film was"], [[text]])[0][0]
    assert likelihood.tokens == 1
    assert likelihood.greedy


def test_score_is_a_distribution(engine):
    """All single bytes after a prompt, and every other token, share a probability of one."""
    tokens = [engine.tokenizer.decode([i]) for i in range(2, len(engine.tokenizer))]
    usable = [t for t in tokens if "\ufffd" not in t and t]
    row = engine.score(["yes\n"], [usable])[0]
    total = sum(math.exp(x.log_likelihood) for x in row if x.tokens == 1)
    assert 0.05 < total < 1 + 1e-4


def test_space_at_the_end_of_a_prompt_belongs_to_the_word(engine):
    """' good' is one token, so 'was ' + 'good' must score as 'was' + ' good'."""
    glued, apart = engine.score(["The film was ", "The film was"], [["good"], [" good"]])
    assert glued == apart


def test_score_refuses_what_has_no_meaning(engine):
    with pytest.raises(UsageError, match="2 prompts came with 1"):
        engine.score(["a", "b"], [["x"]])
    with pytest.raises(UsageError, match="empty"):
        engine.score(["a"], [[""]])
    with pytest.raises(UsageError, match="one string"):
        engine.score(["a"], ["yes"])


def test_score_reports_a_row_that_does_not_fit(engine):
    row, other = engine.score(["yes " * 400, "yes"], [[" no"], [" no"]])
    assert math.isnan(row[0].log_likelihood)
    assert "context" in row[0].error
    assert other[0].error is None


def test_embed_is_the_mean_over_the_tokens_alone(engine):
    import numpy as np
    import torch

    texts = ["The film was", "A", "What is the capital of France? The capital"]
    vectors = engine.embed([*texts, ""])
    assert vectors.shape == (4, 64)
    assert vectors.dtype == np.float32
    for text, vector in zip(texts, vectors, strict=False):
        ids = torch.tensor([engine.tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            hidden = engine.model(ids, output_hidden_states=True).hidden_states[-1][0]
        np.testing.assert_allclose(vector, hidden.mean(dim=0).numpy(), atol=1e-5)


def test_count_tokens(engine):
    texts = ["The film was", "", "日本語"]
    assert engine.count_tokens(texts) == [len(engine.tokenizer.tokenize(text)) for text in texts]


def test_adapter_changes_the_answers_as_peft_does(tiny, tiny_adapter):
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    with open_local(str(tiny), dtype="float32") as engine:
        base = engine.score(["The film was"], [[" good"]])[0][0].log_likelihood
        engine.load_adapter(tiny_adapter)
        tuned = engine.score(["The film was"], [[" good"]])[0][0].log_likelihood
        assert engine.info.adapter == "lora"
        texts = [a.text for a in engine.generate(PROMPTS, Sampling(max_new_tokens=8))]
        engine.load_adapter(tiny_adapter)  # again: in place of itself, not on top
        again = engine.score(["The film was"], [[" good"]])[0][0].log_likelihood
        tokenizer = engine.tokenizer
    model = peft.PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32), str(tiny_adapter)
    ).eval()
    ids = tokenizer("The film was good")["input_ids"]
    prefix = len(tokenizer("The film was")["input_ids"])
    with torch.inference_mode():
        logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    expected = sum(float(logs[at - 1, ids[at]]) for at in range(prefix, len(ids)))
    assert tuned == pytest.approx(expected, abs=1e-4)
    assert again == tuned  # the weights under it were put back bit by bit
    assert abs(tuned - base) > 0.01
    assert len(texts) == len(PROMPTS)


def test_adapter_takes_the_format_of_its_base(tiny, tiny_adapter):
    import torch

    for dtype in (torch.bfloat16, torch.float32):
        with open_local(str(tiny), dtype=str(dtype)[6:], adapter=tiny_adapter) as engine:
            assert {parameter.dtype for parameter in engine.model.parameters()} == {dtype}


def test_tokenizer_with_a_start_token_gets_it_once(tmp_path):
    from tests.models.conftest import make_tiny

    with open_local(str(make_tiny(tmp_path / "bos", bos=True)), dtype="float32") as engine:
        plain = engine.generate(["yes"], Sampling(max_new_tokens=2))[0]
        chat = engine.generate([[{"role": "user", "content": "yes"}]])[0]
        text = "<|im_start|>user\nyes<|im_end|>\n<|im_start|>assistant\n"
        assert plain.prompt_tokens == 1 + engine.count_tokens(["yes"])[0]
        assert chat.prompt_tokens == engine.count_tokens([text])[0]


def test_stops_when_it_is_cancelled(engine):
    calls = iter([False, False, False])
    with activate(None, cancelled=lambda: next(calls, True)), pytest.raises(CancelledError):
        engine.generate(["The film was"], Sampling(max_new_tokens=100))


def test_raised_thread_setting_is_used_and_given_back(tiny):
    import torch

    before = torch.get_num_threads()
    with open_local(str(tiny), threads=1, dtype="float32") as engine:
        engine.generate(["yes"], Sampling(max_new_tokens=1))
        assert engine.info.threads == 1
    assert torch.get_num_threads() == before
    with pytest.raises(UsageError, match="threads is 100000"):
        open_local(str(tiny), threads=100000)


def test_bfloat16_answers(tiny):
    with open_local(str(tiny), dtype="bfloat16") as engine:
        assert engine.info.dtype == "bfloat16"
        assert engine.generate(["yes", "no no no"], Sampling(max_new_tokens=4))[1].new_tokens >= 1


def test_unknown_dtype_is_named(tiny):
    with pytest.raises(UsageError, match="int3"):
        open_local(str(tiny), dtype="int3")
