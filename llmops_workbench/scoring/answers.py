"""A model's answers to the rows of a dataset, cached by what decides them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError, UsageError, did_you_mean
from llmops_workbench.models.engine import Generation, Likelihood, Sampling, failed
from llmops_workbench.models.prompting import Template, build_prompt
from llmops_workbench.text.templates import variables

if TYPE_CHECKING:
    from llmops_workbench.models.engine import Engine, Prompt

# Answers are kept in the cache in groups of this size, so that a stop loses little.
_KEEP_EVERY = 32


@dataclass(frozen=True)
class Choice:
    """The answer that a model finds likeliest among given ones.

    Attributes:
        winner: Its place; -1 when the row failed.
        log_likelihoods: Of each answer, in nats.
        error: Why there is none.
        cached: Whether the likelihoods were known already.
    """

    winner: int
    log_likelihoods: tuple[float, ...]
    error: str | None = None
    cached: bool = False


def check_columns(template: Template, columns: Sequence[str]) -> None:
    """Refuse a template that names what the rows do not have.

    Raises:
        UsageError: A name is no column; the nearest is given. Or no column is named at all.
    """
    named = variables(template)
    if not named:
        raise UsageError(
            "the prompt names no column, so that every row would be asked the same: write "
            f"{{{{{next(iter(columns), 'text')}}}}} where a row's value goes"
        )
    for name in named:
        if name not in columns:
            raise UsageError(
                f"the prompt asks for {{{{{name}}}}}, which is no column; "
                f"{did_you_mean(name, columns)}"
            )


def prompts_of(
    engine: Engine, template: Template, rows: Sequence[Mapping[str, Any]]
) -> list[Prompt | LLMOpsError]:
    """Fill a template for each row; a row that cannot be filled gives its error."""
    chat = bool(engine.info.details.get("chat", True))
    made: list[Prompt | LLMOpsError] = []
    for row in rows:
        try:
            made.append(build_prompt(template, row, chat=chat))
        except LLMOpsError as error:
            made.append(error)
    return made


def generate(
    engine: Engine,
    prompts: Sequence[Prompt | LLMOpsError],
    sampling: Sampling,
    *,
    label: str,
    cached: bool = True,
) -> list[tuple[Generation, bool]]:
    """Answer prompts, taking from the cache what is there.

    Args:
        engine: The open model.
        prompts: One a row; an error stands for a row that cannot be asked.
        sampling: How to decode.
        label: What is shown while it goes on.
        cached: Whether answers that are known may be used. Errors are never kept.

    Returns:
        For each row its answer, and whether it came from the cache.
    """
    from llmops_workbench.tracking import response_cache

    keys = [None if isinstance(p, LLMOpsError) else _key(engine, p, sampling) for p in prompts]
    known: dict[str, Any] = {}
    if cached and engine.info.weights_hash is not None:
        known = response_cache.get_many([key for key in keys if key is not None])
    # The same prompt is asked once: the answer is the same, also where tokens are drawn.
    waiting: dict[str, list[int]] = {}
    answers: dict[int, tuple[Generation, bool]] = {}
    for place, (prompt, key) in enumerate(zip(prompts, keys, strict=True)):
        if isinstance(prompt, LLMOpsError) or key is None:
            reason = prompt.message if isinstance(prompt, LLMOpsError) else ""
            answers[place] = (failed(reason), False)
        elif key in known:
            answers[place] = (Generation(**known[key]), True)
        else:
            waiting.setdefault(key, []).append(place)
    ask = list(waiting)
    fresh: dict[str, Any] = {}
    keeps = engine.info.weights_hash is not None

    def keep(number: int, answer: Generation) -> None:
        if keeps and answer.error is None:
            fresh[ask[number]] = asdict(answer)
        if len(fresh) >= _KEEP_EVERY:
            response_cache.put_many(fresh)
            fresh.clear()
        bar.advance(len(waiting[ask[number]]))

    with context.progress(label, total=len(prompts), unit="answers") as bar:
        bar.advance(len(answers))
        asked: list[Any] = [prompts[waiting[key][0]] for key in ask]
        try:
            made = engine.generate(asked, sampling, on_result=keep) if asked else []
        finally:
            response_cache.put_many(fresh)
        for key, answer in zip(ask, made, strict=True):
            for place in waiting[key]:
                answers[place] = (answer, False)
    return [answers[place] for place in range(len(prompts))]


def choose_among(
    engine: Engine,
    prompts: Sequence[Prompt | LLMOpsError],
    choices: Sequence[str],
    *,
    label: str,
    cached: bool = True,
) -> list[Choice]:
    """Let the model choose among answers by their likelihood, so that no format is needed.

    Args:
        engine: The open model.
        prompts: One a row; an error stands for a row that cannot be asked.
        choices: The answers, the same for all rows.
        label: What is shown while it goes on.
        cached: Whether likelihoods that are known may be used.

    Returns:
        One choice a row, by the sum of the log-likelihoods of the answer's tokens.

    Raises:
        UsageError: There are fewer than two different choices, or the engine has no likelihoods.
    """
    from llmops_workbench.scoring.likelihood import choose
    from llmops_workbench.tracking import response_cache

    if len(set(choices)) < 2 or len(set(choices)) != len(choices):
        raise UsageError("choices need at least two different answers, as in --choices yes,no")
    keys = [None if isinstance(p, LLMOpsError) else _key(engine, p, list(choices)) for p in prompts]
    keeps = engine.info.weights_hash is not None
    known: dict[str, Any] = {}
    if cached and keeps:
        known = response_cache.get_many([key for key in keys if key is not None])
    waiting: dict[str, Any] = {}
    for prompt, key in zip(prompts, keys, strict=True):
        if key is not None and key not in known:
            waiting.setdefault(key, prompt)
    counts = Counter(key for key in keys if key is not None)
    ask = list(waiting)
    fresh: dict[str, Any] = {}
    with context.progress(label, total=len(prompts), unit="rows") as bar:
        bar.advance(len(prompts) - sum(counts[key] for key in ask))
        for start in range(0, len(ask), _KEEP_EVERY):
            part = ask[start : start + _KEEP_EVERY]
            scores = engine.score([waiting[key] for key in part], [list(choices)] * len(part))
            made = {
                key: [asdict(item) for item in row] for key, row in zip(part, scores, strict=True)
            }
            fresh |= made
            if keeps:
                response_cache.put_many(
                    {
                        key: row
                        for key, row in made.items()
                        if all(item["error"] is None for item in row)
                    }
                )
            bar.advance(sum(counts[key] for key in part))
    both = {**known, **fresh}
    return [
        Choice(-1, (), prompt.message)
        if isinstance(prompt, LLMOpsError)
        else _choice(both[str(key)], choose, cached=key in known)
        for prompt, key in zip(prompts, keys, strict=True)
    ]


def _choice(scores: list[Any], choose: Any, *, cached: bool) -> Choice:
    row = [Likelihood(**item) for item in scores]
    wrong = next((item.error for item in row if item.error is not None), None)
    values = tuple(item.log_likelihood for item in row)
    if wrong is not None:
        return Choice(-1, values, wrong)
    return Choice(int(choose([list(values)]).winner[0]), values, cached=cached)


def _key(engine: Engine, prompt: Prompt, how: Sampling | list[str]) -> str:
    """Hash everything that decides an answer; the weights by their content."""
    info = engine.info
    facts = {
        "weights": info.weights_hash,
        "engine": info.engine,
        "dtype": info.dtype,
        "prompt": prompt if isinstance(prompt, str) else [dict(turn) for turn in prompt],
        "how": how if isinstance(how, list) else asdict(how),
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
