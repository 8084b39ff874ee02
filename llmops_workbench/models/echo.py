"""Log-likelihoods out of a server's echo of the text that it was given."""

from __future__ import annotations

from typing import Any

from llmops_workbench.core.errors import UsageError
from llmops_workbench.models.engine import Likelihood


def read_echo(answer: Any, prompt: str, continuation: str, name: str) -> Likelihood:
    """Sum the log-probabilities of the continuation's tokens.

    Args:
        answer: What `/v1/completions` gave for prompt and continuation with `echo` and `logprobs`.
        prompt: The text before.
        continuation: The text that is scored. A token that holds characters of both is part of it.
        name: What the model is called in messages.

    Raises:
        UsageError: The server did not echo the text with its log-probabilities.
    """
    refused = UsageError(
        f"{name} does not tell how likely a given text is (it has no echo with logprobs): "
        "score with a local model"
    )
    try:
        logprobs = answer["choices"][0]["logprobs"]
        tokens: list[str] = logprobs["tokens"]
        values: list[float | None] = logprobs["token_logprobs"]
        starts: list[int] = logprobs.get("text_offset") or _starts(tokens)
        best: list[dict[str, float] | None] = logprobs.get("top_logprobs") or [None] * len(tokens)
    except (TypeError, KeyError, IndexError) as error:
        raise refused from error
    whole = prompt + continuation
    ends = [*starts[1:], starts[-1] + len(tokens[-1])] if tokens else []
    if len(values) != len(tokens) or not ends or ends[-1] < len(whole) or starts[0] > 0:
        raise refused  # only the generated token came back
    chosen = [at for at in range(len(tokens)) if ends[at] > len(prompt) and starts[at] < len(whole)]
    if any(values[at] is None for at in chosen):
        problem = "the prompt is empty: the first token has no condition"
        return Likelihood(float("nan"), len(chosen), False, problem)
    total = sum(values[at] or 0.0 for at in chosen)
    return Likelihood(total, len(chosen), all(_is_best(best[at], values[at]) for at in chosen))


def _is_best(top: dict[str, float] | None, value: float | None) -> bool:
    return bool(top) and value is not None and value >= max((top or {}).values())


def _starts(tokens: list[str]) -> list[int]:
    starts, at = [], 0
    for token in tokens:
        starts.append(at)
        at += len(token)
    return starts
