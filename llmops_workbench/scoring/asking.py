"""What one model says to the rows of a dataset, and how its answers are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import LLMOpsError, UsageError, did_you_mean

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference
    from llmops_workbench.models.engine import Engine
    from llmops_workbench.models.prompting import Template
    from llmops_workbench.scoring.score import Score

# The metric that compares the likelihoods of the choices; all others read what was written.
LIKELIHOOD = "accuracy"


@dataclass
class Answers:
    """One model's answers, a place for each row.

    Attributes:
        written: What it wrote; None where it failed.
        chosen: The likeliest of the choices; None where it failed. Empty without choices.
        errors: Why a row failed, by place.
        new_tokens: Of each answer; 0 where it failed.
        prompt_tokens: Of each prompt.
        seconds: From the start of an answer's batch to its end.
        cached: Whether an answer came from the cache.
    """

    written: list[str | None] = field(default_factory=list)
    chosen: list[str | None] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    new_tokens: list[int] = field(default_factory=list)
    prompt_tokens: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cached: list[bool] = field(default_factory=list)


@dataclass(frozen=True)
class Question:
    """How the rows are asked: the same for all that are compared.

    Attributes:
        template: The prompt.
        choices: Answers to choose among by likelihood.
        generates: Whether any metric reads what the model writes.
        max_new_tokens: The longest answer.
        temperature: 0 decodes greedily.
        seed: Fixes what is drawn.
        cached: Whether known answers are used.
    """

    template: Template
    choices: tuple[str, ...]
    generates: bool
    max_new_tokens: int
    temperature: float = 0.0
    seed: int = 0
    cached: bool = True


def ask(model: Reference, rows: Sequence[Mapping[str, Any]], question: Question) -> Answers:
    """Open a model, ask it about all rows, and close it."""
    from llmops_workbench.models.sources import open_model

    with open_model(model) as engine:
        return ask_engine(engine, str(model), rows, question)


def ask_engine(
    engine: Engine, name: str, rows: Sequence[Mapping[str, Any]], question: Question
) -> Answers:
    """Ask a model that is open already.

    Args:
        engine: The open model.
        name: What the progress calls it.
        rows: Values by the names in the template.
        question: How they are asked.
    """
    from llmops_workbench.models.engine import Sampling
    from llmops_workbench.scoring import answers

    found = Answers()
    prompts = answers.prompts_of(engine, question.template, rows)
    if question.choices:
        picked = answers.choose_among(
            engine,
            prompts,
            question.choices,
            label=f"{name}: likelihoods",
            cached=question.cached,
        )
        for place, choice in enumerate(picked):
            found.chosen.append(question.choices[choice.winner] if choice.winner >= 0 else None)
            if choice.error is not None:
                found.errors[place] = choice.error
    if question.generates:
        sampling = Sampling(
            max_new_tokens=question.max_new_tokens,
            temperature=question.temperature,
            seed=question.seed,
        )
        made = answers.generate(
            engine, prompts, sampling, label=f"{name}: answers", cached=question.cached
        )
        for place, (answer, cached) in enumerate(made):
            found.written.append(None if answer.error is not None else answer.text)
            found.new_tokens.append(answer.new_tokens)
            found.prompt_tokens.append(answer.prompt_tokens)
            found.seconds.append(answer.seconds)
            found.cached.append(cached)
            if answer.error is not None:
                found.errors[place] = answer.error
    return found


def remembered(model: Reference) -> dict[str, Any]:
    """Give what a model version remembers of its tuning: prompt, roles, choices."""
    from llmops_workbench.tracking import models

    if model.external:
        return {}
    return models.load_meta(model).model_dump(mode="json")


def choose_prompt(
    prompt: Reference | None, model: Reference, roles: Mapping[str, str], columns: Sequence[str]
) -> tuple[Reference | None, Template]:
    """Decide what is asked: the given prompt, else the model's own, else a column of prompts.

    Raises:
        UsageError: Nothing says what is asked, or the prompt names what is no column.
    """
    from llmops_workbench.scoring.answers import check_columns
    from llmops_workbench.tracking import prompts
    from llmops_workbench.tracking.catalogue import catalogue

    if prompt is None:
        known = remembered(model).get("prompt")
        if known:
            prompt = catalogue().get(known, "prompt").ref
            context.emit("log", text=f"asking with {prompt}, which {model} was tuned with")
    if prompt is not None:
        template = prompts.load(prompt).template
    elif "prompt" in roles:
        template = "{{" + roles["prompt"] + "}}"
    else:
        raise UsageError(
            "nothing says what the model is asked: give --prompt '… {{column}} …' with a column "
            f"of the dataset ({', '.join(columns)})"
        )
    check_columns(template, list(columns))
    return prompt, template


def choose_target(target: str | None, roles: Mapping[str, str], columns: Sequence[str]) -> str:
    """Decide which column holds the right answers.

    Raises:
        UsageError: Nothing says so, or it is no column; the nearest is given.
    """
    answer = target or roles.get("target") or roles.get("completion") or roles.get("label")
    if answer is None:
        raise UsageError(
            "nothing says which column holds the right answers: give --target COLUMN, one of "
            f"{', '.join(columns)}"
        )
    if answer not in columns:
        raise UsageError(f"the dataset has no column '{answer}'; {did_you_mean(answer, columns)}")
    return answer


def read_by(metric: str, answers: Answers) -> list[str | None]:
    """Give the answers that a metric reads: the choices for the likelihood, else the writing."""
    return answers.chosen if metric == LIKELIHOOD and answers.chosen else answers.written


def score_answers(
    metrics: Sequence[str],
    answers: Answers,
    expected: Sequence[str | None],
    tokenizers: Mapping[str, str] | None = None,
) -> tuple[dict[str, Score], dict[str, str]]:
    """Score one model's answers by several metrics.

    Args:
        metrics: Their names.
        answers: What the model said.
        expected: The right answers.
        tokenizers: By metric, the tokenizer that the whole was scored with, for a part of it.

    Returns:
        The scores, and the reason of each metric that could not be computed.
    """
    from llmops_workbench.scoring.score import score

    found: dict[str, Score] = {}
    wrong: dict[str, str] = {}
    for name in metrics:
        said = read_by(name, answers)
        if name != "exact_match" and not (name == LIKELIHOOD and answers.chosen):
            said = [None if text is None else text.strip() for text in said]
        try:
            fixed = (tokenizers or {}).get(name)
            options: dict[str, Any] = {"tokenizer": fixed} if fixed else {}
            found[name] = score(name, said, expected, **options)
        except LLMOpsError as error:
            wrong[name] = error.message
            context.warn(f"{name} could not be computed: {error.message}")
    return found, wrong
