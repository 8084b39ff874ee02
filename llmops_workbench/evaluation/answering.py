"""What one model says to the rows of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference
    from llmops_workbench.models.prompting import Template

# The metric that compares the likelihoods of the choices; all others read what was written.
LIKELIHOOD = "accuracy"


@dataclass
class Answers:
    """One model's answers, a place for each row.

    Attributes:
        written: What it wrote; None where it failed.
        chosen: The likeliest of the choices; None where it failed. Empty without choices.
        errors: Why a row failed, by place.
        tokens: New tokens in all.
        cached: How many answers came from the cache.
    """

    written: list[str | None] = field(default_factory=list)
    chosen: list[str | None] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    tokens: int = 0
    cached: int = 0


@dataclass(frozen=True)
class Question:
    """How the rows are asked: the same for candidate and baseline.

    Attributes:
        template: The prompt.
        choices: Answers to choose among by likelihood.
        generates: Whether any metric reads what the model writes.
        max_new_tokens: The longest answer.
        cached: Whether known answers are used.
    """

    template: Template
    choices: tuple[str, ...]
    generates: bool
    max_new_tokens: int
    cached: bool = True


def ask(model: Reference, rows: Sequence[Mapping[str, Any]], question: Question) -> Answers:
    """Open a model, ask it about all rows, and close it."""
    from llmops_workbench.models.engine import Sampling
    from llmops_workbench.models.sources import open_model
    from llmops_workbench.scoring import answers

    found = Answers()
    with open_model(model) as engine:
        prompts = answers.prompts_of(engine, question.template, rows)
        if question.choices:
            picked = answers.choose_among(
                engine,
                prompts,
                question.choices,
                label=f"{model}: likelihoods",
                cached=question.cached,
            )
            for place, choice in enumerate(picked):
                found.chosen.append(question.choices[choice.winner] if choice.winner >= 0 else None)
                if choice.error is not None:
                    found.errors[place] = choice.error
        if question.generates:
            # The end of the line ends a short answer; a longer one is cut by its length.
            sampling = Sampling(max_new_tokens=question.max_new_tokens)
            made = answers.generate(
                engine, prompts, sampling, label=f"{model}: answers", cached=question.cached
            )
            for place, (answer, cached) in enumerate(made):
                found.written.append(None if answer.error is not None else answer.text)
                found.tokens += answer.new_tokens
                found.cached += cached
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
