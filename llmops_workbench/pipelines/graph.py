"""A pipeline as it is written: steps, what each is given, and what it waits for."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from llmops_workbench.core import context, operations
from llmops_workbench.core.errors import DataError, NotFoundError, UsageError, did_you_mean
from llmops_workbench.core.references import check_name
from llmops_workbench.pipelines import templates
from llmops_workbench.pipelines.expressions import paths

_CALL = re.compile(r"""\blw\.step\(["'](\w+)["'],""")
_REQUIRED = re.compile(rf"# (?P<name>\w+) \([^)]*{templates.REQUIRED}\)")
_PIPELINE_KEYS = ("name", "description", "parameters", "steps")
_STEP_KEYS = ("name", "template", "notebook", "with", "after", "retries", "when", "until", "cache")


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: By which others refer to it.
        source: The text of its notebook.
        verb: The operation that the notebook calls as its step, when it is made for one.
        values: Its parameters, expressions not filled in yet.
        after: The steps that it waits for, those that its expressions name among them.
        retries: How often it is tried again after a failure.
        when: An expression; the step is left out when it is false.
        until: Fields of its result and the least that each must have reached to go on.
        cache: Whether an equal step that was done is not done again.
    """

    name: str
    source: str
    verb: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    retries: int = 0
    when: Any = None
    until: dict[str, float] = field(default_factory=dict)
    cache: bool = True


@dataclass(frozen=True)
class Graph:
    """A pipeline.

    Attributes:
        name: Its name.
        steps: In an order in which each comes after those that it waits for.
        defaults: Its parameters, as they are written.
        parameters: The same with the values that were given.
        definition: What is written, without the values that were given.
    """

    name: str
    steps: tuple[Step, ...]
    defaults: dict[str, Any]
    parameters: dict[str, Any]
    definition: list[Any]


def load(source: str, given: dict[str, Any]) -> Graph:
    """Read a pipeline, or a notebook as a pipeline of one step.

    Args:
        source: Path of a YAML or notebook file; a shipped template is found by its name.
        given: Values for its parameters.

    Raises:
        NotFoundError: There is no such file.
        UsageError: The pipeline has a cycle, or an unknown step, verb, key or parameter.
        DataError: The file is neither YAML nor a notebook.
    """
    path = _find(source)
    if path.suffix == ".ipynb":
        text = _notebook(path)
        _check_names(path.stem, text, given)
        step = Step(path.stem, text, _verb_of(text), dict(given))
        return Graph(path.stem, (step,), {}, dict(given), [text])
    document = _yaml(path)
    _check_keys("a pipeline", document, _PIPELINE_KEYS)
    parameters = dict(document.get("parameters") or {})
    for name in given:
        if name not in parameters:
            raise UsageError(
                f"pipeline '{path.stem}' has no parameter '{name}'; "
                f"{did_you_mean(name, parameters)}"
            )
    steps = [_step(name, spec, path.parent) for name, spec in _specs(document.get("steps"))]
    _check_references(steps, parameters)
    name = check_name(str(document.get("name", path.stem)), "pipeline")
    definition = [parameters, [asdict(step) for step in steps]]
    return Graph(name, tuple(_ordered(steps)), parameters, {**parameters, **given}, definition)


def _find(source: str) -> Path:
    path = Path(source).expanduser()
    opened = context.current().workspace
    # A path inside the workspace is kept as it is seen from there.
    inside = [opened.root / path] if opened is not None else []
    for candidate in (path, *inside, templates.templates_folder() / path.name):
        if candidate.is_file():
            return candidate.resolve()
    shipped = [each.name for each in templates.templates_folder().glob("*.[iy]*")]
    raise NotFoundError(f"there is no pipeline '{source}'; {did_you_mean(path.name, shipped)}")


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(
            f"'{path.name}' is not valid YAML: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(document, dict):
        raise DataError(f"'{path.name}' is not a pipeline: it needs 'steps:'")
    return document


def _notebook(path: Path) -> str:
    if not path.is_file():
        raise NotFoundError(f"there is no notebook '{path}': check the path")
    text = path.read_text(encoding="utf-8")
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"'{path.name}' is not a notebook of format 4") from error
    if not isinstance(cells, list):
        raise DataError(f"'{path.name}' is not a notebook of format 4")
    return text


def _specs(steps: Any) -> list[tuple[str, dict[str, Any]]]:
    """Read `steps:`, a mapping by name, or a list whose entries have a `name` or a `template`."""
    if isinstance(steps, dict):
        found = [(str(name), spec or {}) for name, spec in steps.items()]
    elif isinstance(steps, list):
        found = [
            (str(spec.get("name") or spec.get("template") or ""), spec)
            for spec in steps
            if isinstance(spec, dict)
        ]
        if len(found) < len(steps) or not all(name for name, _ in found):
            raise UsageError("each entry of 'steps:' needs a name, and a template or a notebook")
    else:
        found = []
    if not found:
        raise UsageError("a pipeline needs 'steps:', a mapping of names to steps")
    names = [name for name, _ in found]
    for name in names:
        check_name(name, "step")
        if names.count(name) > 1:
            raise UsageError(f"two steps are called '{name}': give each its own name")
    return found


def _step(name: str, spec: dict[str, Any], folder: Path) -> Step:
    _check_keys(f"step '{name}'", spec, _STEP_KEYS)
    values = dict(spec.get("with") or {})
    if ("template" in spec) == ("notebook" in spec):
        raise UsageError(f"step '{name}' needs either a template or a notebook")
    if "template" in spec:
        verb = str(spec["template"])
        text = templates.source(verb)
        _check_verb(name, verb, values)
    else:
        text = _notebook((folder / str(spec["notebook"])).resolve())
        _check_names(name, text, values)
    after = spec.get("after") or []
    return Step(
        name=name,
        source=text,
        verb=_verb_of(text),
        values=values,
        after=tuple([after] if isinstance(after, str) else after),
        retries=int(spec.get("retries", 0)),
        when=spec.get("when"),
        until=dict(spec.get("until") or {}),
        cache=bool(spec.get("cache", True)),
    )


def _verb_of(notebook: str) -> str | None:
    code = "".join(line for cell in json.loads(notebook)["cells"] for line in cell["source"])
    calls = set(_CALL.findall(code))
    return calls.pop() if len(calls) == 1 else None


def _check_keys(what: str, given: Any, known: tuple[str, ...]) -> None:
    if not isinstance(given, dict):
        raise UsageError(f"{what} must be a mapping")
    for key in given:
        if key not in known:
            raise UsageError(f"{what} has no key '{key}'; {did_you_mean(str(key), known)}")


def _check_verb(step: str, verb: str, values: dict[str, Any]) -> None:
    operation = operations.get(verb)
    for name in values:
        try:
            operation.parameter(name)
        except UsageError as error:
            raise UsageError(f"step '{step}': {error.message}") from error
    missing = [p.name for p in operation.parameters if p.required and p.name not in values]
    if missing:
        raise UsageError(f"step '{step}': {verb} needs {' and '.join(missing)} under 'with:'")


def _check_names(step: str, notebook: str, values: dict[str, Any]) -> None:
    """Check names against the `parameters` cell of a notebook, where there is one."""
    known = parameter_names(notebook)
    for name in values:
        if known is not None and name not in known:
            raise UsageError(
                f"notebook '{step}' has no parameter '{name}'; {did_you_mean(name, known)}"
            )


def parameter_names(notebook: str) -> list[str] | None:
    """List the names in the `parameters` cell of a notebook; None when it has no such cell."""
    for cell in json.loads(notebook)["cells"]:
        if "parameters" not in cell.get("metadata", {}).get("tags", []):
            continue
        source = "".join(cell["source"])
        found = []
        try:
            for node in ast.parse(source).body:
                targets = node.targets if isinstance(node, ast.Assign) else []
                targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
                found += [target.id for target in targets if isinstance(target, ast.Name)]
        except SyntaxError:
            return None  # a magic, or another language: papermill takes any name there
        # A required parameter of a template stands there as a comment alone.
        for line in source.splitlines():
            match = _REQUIRED.match(line)
            if match is not None:
                found.append(match["name"])
        return found
    return None


def _check_references(steps: list[Step], parameters: dict[str, Any]) -> None:
    names = [step.name for step in steps]
    for step in steps:
        for path in paths([step.values, step.when]):
            known = names if path[0] == "steps" else list(parameters)
            if path[1] not in known and ".".join(path[1:]) not in known:
                raise UsageError(
                    f"step '{step.name}' refers to '{'.'.join(path)}', but there is no such "
                    f"{path[0].removesuffix('s')}; {did_you_mean(path[1], known)}"
                )
        for name in step.after:
            if name not in names:
                raise UsageError(
                    f"step '{step.name}' waits for '{name}', but there is no such step; "
                    f"{did_you_mean(name, names)}"
                )


def waits_for(step: Step) -> set[str]:
    """Name the steps that have to be done before one."""
    used = {path[1] for path in paths([step.values, step.when]) if path[0] == "steps"}
    return {*step.after, *used}


def _ordered(steps: list[Step]) -> list[Step]:
    """Sort by what waits for what; otherwise as written."""
    found: list[Step] = []
    waiting = list(steps)
    while waiting:
        done = {step.name for step in found}
        ready = next((step for step in waiting if waits_for(step) <= done), None)
        if ready is None:
            names = ", ".join(f"'{step.name}'" for step in waiting)
            raise UsageError(f"steps {names} wait for each other: a pipeline cannot have a cycle")
        found.append(ready)
        waiting.remove(ready)
    return found
