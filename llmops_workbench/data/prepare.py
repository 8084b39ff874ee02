"""Make a dataset version from another by a recipe."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, LLMOpsError, UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import DatasetRef, FileText, check_name
from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.data.recipes import (
    Planned,
    State,
    parse_recipe,
    read_recipe_text,
)


class PreparedStep(BaseModel):
    """What one step of a recipe did.

    Attributes:
        step: Its name.
        rows_in: Rows before it.
        rows_out: Rows after it.
        changed: Rows that are still there with other values.
        detail: Numbers of its own, such as how many finds of each kind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    rows_in: int
    rows_out: int
    changed: int
    detail: dict[str, Any] = {}


class PrepareReport(Result):
    """What `prepare` made.

    Attributes:
        ref: The new dataset version.
        hash: The hash of its content: the same recipe on the same rows gives the same.
        rows_in: Rows of the source.
        rows_out: Rows of the new version.
        steps: What each step did.
        splits: Rows of each split.
        roles: Role to column.
        recipe: The recipe's version.
    """

    ref: Volatile[str]
    hash: str
    rows_in: int
    rows_out: int
    steps: list[PreparedStep]
    splits: dict[str, int] = {}
    roles: dict[str, str] = {}
    recipe: Volatile[str]

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one row for each step."""
        names = ("step", "rows_in", "rows_out", "changed")
        return [{name: getattr(done, name) for name in names} for done in self.steps]

    def headline(self) -> dict[str, float]:
        """Give the numbers of rows."""
        return {"rows_in": self.rows_in, "rows_out": self.rows_out}

    def html_body(self) -> str:
        """Give a table of the steps, each with a bar of the rows that are left."""
        from llmops_workbench.data.pictures import steps_table

        return steps_table(self.to_dict())


@operation(stage="data", runs="inline")
def prepare(source: DatasetRef, *, recipe: FileText, name: str) -> PrepareReport:
    """Make a dataset version by the steps of a recipe.

    The same recipe on the same source gives the same content hash. Rows keep their ids through
    steps that select; a step that rewrites a row's words gives it an id derived from the old one.

    Args:
        source: The dataset to start from.
        recipe: A YAML file with `steps:`, or its text.
        name: The name of the dataset that is made.

    Raises:
        UsageError: The recipe is no such YAML, or names an unknown step, option or column.
        NotFoundError: The recipe's file or a dataset does not exist.
        DataError: A step would leave no row, or a value cannot be converted.

    Example:
        llmops prepare reviews.csv --recipe recipe.yaml --name reviews
    """
    from llmops_workbench.tracking import datasets
    from llmops_workbench.tracking.catalogue import catalogue
    from llmops_workbench.tracking.hashing import text_hash

    check_name(name, "dataset")
    text = read_recipe_text(recipe)
    plan = parse_recipe(text)
    version = datasets.find(source)
    guessed = datasets.roles_guessed(version)
    state = State(datasets.load(source), dict(datasets.roles(version)))
    rows_in = state.table.num_rows
    done: list[PreparedStep] = []
    with context.progress("recipe", total=len(plan), unit="steps") as bar:
        for number, planned in enumerate(plan, 1):
            done.append(_run(number, planned, state))
            guessed = guessed and planned.name != "roles"
            bar.advance(step=planned.name, rows=state.table.num_rows)
    canonical = "\n".join(planned.key for planned in plan)
    kept = catalogue().register(
        "recipe",
        name,
        hash=text_hash(canonical),
        meta={"text": text},
        run_id=context.current().run_id,
    )
    meta: dict[str, Any] = {
        "recipe": text,
        "recipe_hash": kept.hash,
        "steps": [step.model_dump(mode="json") for step in done],
    }
    if not guessed:
        meta["roles"] = state.roles
    made = datasets.register(
        name,
        state.table,
        parents=[source, kept.ref, *state.parents],
        meta=meta,
    )
    return PrepareReport(
        ref=str(made.ref),
        hash=made.hash,
        rows_in=rows_in,
        rows_out=state.table.num_rows,
        steps=done,
        splits=datasets.splits(made),
        roles=datasets.roles(made),
        recipe=str(kept.ref),
        failed=int(version.meta.get("bad_rows", 0)),
    )


def _run(number: int, planned: Planned, state: State) -> PreparedStep:
    """Do one step; an error says which one it was."""
    before = state.table.num_rows
    where = f"step {number} ({planned.name})"
    try:
        change = planned.step.apply(state, planned.options)
    except LLMOpsError as error:
        raise type(error)(f"{where}: {error.message}") from error
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error
    if change.table.num_rows == 0:
        raise DataError(f"{where} left no row of {before}: loosen it")
    state.table = change.table
    if change.roles is not None:
        state.roles = change.roles
    return PreparedStep(
        step=planned.name,
        rows_in=before,
        rows_out=change.table.num_rows,
        changed=change.changed,
        detail=change.detail,
    )
