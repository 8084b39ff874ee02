"""What one model says to the rows of a dataset, and how its answers are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, LLMOpsError, UsageError

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference
    from llmops_workbench.models.engine import Engine, Prompt
    from llmops_workbench.models.prompting import Template
    from llmops_workbench.scoring.expected import Expected
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
        chosen_cached: Whether a choice's likelihoods did.
        sent: What the model was asked; None where a row could not be.
    """

    written: list[str | None] = field(default_factory=list)
    chosen: list[str | None] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    new_tokens: list[int] = field(default_factory=list)
    prompt_tokens: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cached: list[bool] = field(default_factory=list)
    chosen_cached: list[bool] = field(default_factory=list)
    sent: list[Prompt | None] = field(default_factory=list)

    @property
    def known(self) -> int:
        """How many rows needed nothing of the model."""
        return sum(self.known_rows)

    @property
    def known_rows(self) -> list[bool]:
        """Which rows needed nothing of the model."""
        parts = [part for part in (self.cached, self.chosen_cached) if part]
        return [all(row) for row in zip(*parts, strict=True)]


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


def ask(
    model: Reference,
    rows: Sequence[Mapping[str, Any]],
    question: Question,
    expected: Sequence[Expected] | None = None,
) -> Answers:
    """Open a model, ask it about all rows, and close it; see `ask_engine`."""
    from llmops_workbench.models.sources import open_model

    with open_model(model) as engine:
        return ask_engine(engine, str(model), rows, question, expected)


def ask_engine(
    engine: Engine,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    question: Question,
    expected: Sequence[Expected] | None = None,
) -> Answers:
    """Ask a model that is open already.

    Args:
        engine: The open model.
        name: What the progress calls it.
        rows: Values by the names in the template.
        question: How they are asked.
        expected: The right answers; a row without one is not asked and counts as failed. None
            asks all rows.
    """
    from llmops_workbench.models.engine import Sampling
    from llmops_workbench.scoring import answers

    found = Answers()
    prompts = answers.prompts_of(engine, question.template, rows)
    for place, right in enumerate(expected or ()):
        if right is None:
            prompts[place] = DataError("the right answer is missing in this row")
    found.sent = [None if isinstance(one, LLMOpsError) else one for one in prompts]
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
            found.chosen_cached.append(choice.cached)
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
            context.emit("log", message=f"asking with {prompt}, which {model} was tuned with")
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


def read_by(metric: str, answers: Answers) -> list[str | None]:
    """Give the answers that a metric reads: the choices for the likelihood, else the writing."""
    return answers.chosen if metric == LIKELIHOOD and answers.chosen else answers.written


def score_answers(
    metrics: Sequence[str],
    answers: Answers,
    expected: Sequence[Expected],
    tokenizers: Mapping[str, str] | None = None,
    *,
    told: bool = True,
) -> tuple[dict[str, Score], dict[str, str]]:
    """Score one model's answers by several metrics.

    Args:
        metrics: Their names.
        answers: What the model said.
        expected: The right answers.
        tokenizers: By metric, the tokenizer that the whole was scored with, for a part of it.
        told: Whether to warn of a metric that could not be computed.

    Returns:
        The scores, and the reason of each metric that could not be computed.
    """
    from llmops_workbench.scoring.score import score

    found: dict[str, Score] = {}
    wrong: dict[str, str] = {}
    for name in dict.fromkeys(metrics):
        said = read_by(name, answers)
        by_likelihood = name == LIKELIHOOD and bool(answers.chosen)
        if name != "exact_match" and not by_likelihood:
            said = [None if text is None else text.strip() for text in said]
        try:
            fixed = (tokenizers or {}).get(name)
            options: dict[str, Any] = {"tokenizer": fixed} if fixed else {}
            made = score(name, said, expected, **options)
        except LLMOpsError as error:
            wrong[name] = error.message
            if told:
                context.warn(f"{name} could not be computed: {error.message}")
            continue
        if by_likelihood:
            note = "the model chose by the likelihood of the choices"
            made = replace(made, notes=(*made.notes, note))
        found[name] = made
    return found, wrong
