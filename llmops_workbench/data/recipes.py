"""Recipes: the YAML that says how a dataset is made, checked whole before a row is touched."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from llmops_workbench.core.errors import NotFoundError, UsageError, did_you_mean
from llmops_workbench.core.registry import Registry

if TYPE_CHECKING:
    import pyarrow as pa


class StepOptions(BaseModel):
    """Root of the options of a step; an unknown option is an error.

    Attributes:
        shorthand: The option that is meant when the step is given a bare value or list.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    shorthand: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _from_bare_value(cls, value: Any) -> Any:
        if value is None:
            return {}
        if not isinstance(value, dict) and cls.shorthand is not None:
            return {cls.shorthand: value}
        return value

    def key(self) -> str:
        """The options as text, the same for the same options."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


@dataclass
class State:
    """What a step works on.

    Attributes:
        table: The rows, with `__row__` and `__id__`.
        roles: Role to column, as far as they are known.
        parents: References of other datasets that steps have used, pinned.
    """

    table: "pa.Table"
    roles: dict[str, str]
    parents: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """What a step did.

    Attributes:
        table: The rows after it.
        changed: How many rows that are still there have other values than before.
        detail: Numbers worth keeping, such as how many finds of each kind.
        roles: The roles after it; None when it leaves them alone.
    """

    table: "pa.Table"
    changed: int = 0
    detail: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, str] | None = None


@dataclass(frozen=True)
class Step:
    """A kind of step: its options and what it does with the rows."""

    options: type[StepOptions]
    apply: Callable[[State, Any], Change]


@dataclass(frozen=True)
class Planned:
    """One step of a recipe with its checked options."""

    name: str
    options: StepOptions
    step: Step

    @property
    def key(self) -> str:
        """What the step is, as text: the same step gives the same ids to rows that it makes."""
        return f"{self.name} {self.options.key()}"


steps: Registry[Step] = Registry("step", "llmops_workbench.data.steps")


def step(
    name: str, options: type[StepOptions]
) -> Callable[[Callable[[State, Any], Change]], Callable[[State, Any], Change]]:
    """Decorate a function to make it the step of that name."""

    def add(function: Callable[[State, Any], Change]) -> Callable[[State, Any], Change]:
        steps.register(name)(Step(options, function))
        return function

    return add


def read_recipe_text(recipe: str) -> str:
    """Give a recipe's text, from itself or from the file that it names.

    Raises:
        NotFoundError: it is one line that is neither a recipe nor a file.
    """
    if "\n" in recipe.strip() or recipe.lstrip().startswith(("steps:", "{", "[", "- ")):
        return recipe
    path = Path(recipe.strip()).expanduser()
    if not path.is_file():
        msg = f"there is no recipe file '{recipe}': give the path of a YAML file with 'steps:'"
        raise NotFoundError(msg)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"the recipe {path} is not UTF-8 (byte {error.start}): save it as UTF-8"
        raise UsageError(msg) from error


def parse_recipe(text: str) -> list[Planned]:
    """Read a recipe and check every step and option.

    Args:
        text: YAML with `steps:`, a list of one-key mappings from step to options.

    Raises:
        UsageError: it is no such YAML, or a step or an option is unknown or wrong; says where,
            and the nearest.
    """
    try:
        # The loader below is yaml.SafeLoader with fewer words for true and false.
        document = yaml.load(text, Loader=_RecipeLoader)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where is not None else ""
        msg = f"the recipe is not YAML{line}: {getattr(error, 'problem', None) or error}"
        raise UsageError(msg) from error
    except RecursionError as error:
        msg = "the recipe is nested too deeply"
        raise UsageError(msg) from error
    if isinstance(document, list):
        document = {"steps": document}
    if not isinstance(document, dict) or "steps" not in document:
        msg = "a recipe is YAML with 'steps:', a list such as '- dedup_exact: {column: text}'"
        raise UsageError(msg)
    for key in document:
        if key not in {"steps", "description"}:
            msg = f"a recipe has no '{key}'; {did_you_mean(str(key), ['steps', 'description'])}"
            raise UsageError(msg)
    listed = document["steps"]
    if not isinstance(listed, list) or not listed:
        msg = "the recipe's 'steps' is not a list of steps, each '- step: {options}'"
        raise UsageError(msg)
    return [_planned(number, item) for number, item in enumerate(listed, 1)]


def _planned(number: int, item: Any) -> Planned:
    if isinstance(item, str):
        item = {item: None}
    if not isinstance(item, dict) or len(item) != 1:
        msg = f"step {number} of the recipe is not one 'step: {{options}}' but {item!r}"
        raise UsageError(msg)
    ((name, given),) = item.items()
    name = str(name)
    if name not in steps:
        msg = f"step {number}: there is no step '{name}'; {_nearest(name, steps.names())}"
        raise UsageError(msg)
    found = steps.get(name)
    try:
        options = found.options.model_validate(given)
    except ValidationError as error:
        raise UsageError(f"step {number} ({name}): {_sentence(error, found.options)}") from error
    return Planned(name, options, found)


def _sentence(error: ValidationError, options: type[StepOptions]) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no option '{where}'; {_nearest(where, list(options.model_fields))}"
    if first["type"] == "missing":
        return f"the option '{where}' is missing"
    text = first["msg"].removeprefix("Value error, ")
    return f"{where}: {text[:1].lower()}{text[1:]}" if where else text


def _nearest(value: str, known: list[str]) -> str:
    return did_you_mean(value, known, limit=20)


class _RecipeLoader(yaml.SafeLoader):
    """YAML in which only true and false are booleans: `no` is a label, or Norway."""


_RecipeLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_RecipeLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
