"""From chosen tokens to finished answers: end tokens, stop strings, limits and times."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llmops_workbench.core.context import check_cancelled
from llmops_workbench.models.decoding import decode
from llmops_workbench.models.engine import Generation, Sampling
from llmops_workbench.models.hardware import limited_threads
from llmops_workbench.models.tokens import GrowingText


@dataclass
class Answer:
    """A row while it is being answered.

    Attributes:
        number: The row's number in the call.
        text: What was written so far.
        prompt_tokens: Tokens of its prompt.
        room: Most tokens that it may still get, within the context.
        tokens: Tokens that it got.
        begun: When the reading of its prompt began.
        first: Seconds until the first token.
        result: The finished answer; None before.
    """

    number: int
    text: GrowingText
    prompt_tokens: int
    room: int
    tokens: int = 0
    begun: float = 0.0
    first: float | None = None
    result: Generation | None = None

    def take(self, token: int, *, is_end: bool, watch: bool, step_begun: float) -> None:
        """Add one token, and finish when it ends the answer or is the last that fits."""
        self.tokens += 1
        if self.first is None:
            self.begun = step_begun
            self.first = time.perf_counter() - step_begun
        if not is_end:
            self.text.add(token, grow=watch)
        ended = is_end or self.text.stopped
        if not ended and self.tokens < self.room:
            return
        text = self.text.finish()
        # Text that was held back for half a character may complete a stop string at the end.
        ended = ended or self.text.stopped
        self.result = Generation(
            text,
            self.prompt_tokens,
            self.tokens,
            time.perf_counter() - self.begun,
            "stop" if ended else "length",
            self.first,
        )


def answer_rows(
    model: Any,
    tokenizer: Any,
    rows: Sequence[tuple[int, list[int]]],
    sampling: Sampling,
    *,
    ends: frozenset[int],
    pad: int,
    limit: int | None,
    threads: int,
    watch: bool,
    capacity: int,
) -> Iterator[Answer]:
    """Answer rows of similar length.

    Args:
        model: A causal language model in evaluation mode.
        tokenizer: Its tokenizer.
        rows: Row numbers and the token ids of their prompts, the longest first.
        sampling: How tokens are chosen.
        ends: Tokens that end an answer.
        pad: A token id to pad with.
        limit: The model's context, in tokens.
        threads: Threads that compute.
        watch: Decode the text at each token, for stop strings or to show it.
        capacity: Most rows at once.

    Yields:
        An answer each time it got a token; the last time its `result` is set.
    """
    answers = [
        Answer(
            number,
            GrowingText(tokenizer, sampling.stop),
            len(ids),
            sampling.max_new_tokens
            if limit is None
            else min(sampling.max_new_tokens, limit - len(ids)),
        )
        for number, ids in rows
    ]
    loop = decode(model, [ids for _, ids in rows], sampling, pad, capacity)
    finished: set[int] | None = None
    while True:
        check_cancelled()
        begun = time.perf_counter()
        try:
            with limited_threads(threads):
                tokens = next(loop) if finished is None else loop.send(finished)
        except StopIteration:
            return
        finished = set()
        for at, token in tokens.items():
            answer = answers[at]
            answer.take(token, is_end=token in ends, watch=watch, step_begun=begun)
            if answer.result is not None:
                finished.add(at)
            yield answer
