"""Pages that list what is registered: settings, metrics, steps of a recipe, errors."""

from __future__ import annotations

import inspect
from typing import Any

from llmops_workbench.core import errors
from llmops_workbench.core.settings import SETTINGS
from llmops_workbench.faces.reference.markdown import table
from llmops_workbench.faces.reference.type_words import holds

PACKAGE = "llmops_workbench"


def settings_page() -> str:
    """List the settings."""
    rows = [
        (f"`{key}`", f"`{setting.default!r}`", setting.help, f"`{variable(key)}`")
        for key, setting in SETTINGS.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "A setting is looked for in this order: `--set KEY=VALUE` of the call, the",
            "environment, `llmops.toml` of the workspace (`section.key` is `key` in the table",
            "`[section]`), the default. `llmops doctor` says where each came from.",
            "",
            *table(["setting", "default", "what for", "environment"], rows),
            "These are read from the environment alone:",
            "",
            *table(["variable", "what for"], _VARIABLES),
        ]
    )


_VARIABLES = (
    ("`LLMOPS_WORKSPACE`", "The workspace, in place of the one found upward from here."),
    ("`LLMOPS_CACHE`", "Where models that are shared by all workspaces of a machine are kept."),
    ("`LLMOPS_PLUGINS`", "Python files to load as plug-ins, separated like a `PATH`."),
)


def variable(key: str) -> str:
    """Name the environment variable of a setting."""
    return "LLMOPS_" + key.upper().replace(".", "_")


def metrics_page() -> str:
    """List the metrics that ship."""
    from llmops_workbench.scoring.metric import METRICS

    lines = [
        "# Metrics",
        "",
        "Used by `evaluate`, `compare` and `lw.score(name, predictions, references, **options)`. A",
        "proportion gets a Wilson interval, a mean and a corpus metric get one by resampling rows.",
        "",
    ]
    rows = []
    for name, metric in METRICS.items():
        if not metric.function.__module__.startswith(PACKAGE):
            continue
        low, high = metric.range
        better = "higher" if metric.higher_is_better else "lower"
        options = ", ".join(f"`{key}={value!r}`" for key, value in metric.options.items())
        rows.append(
            (f"`{name}`", metric.help, metric.kind, f"{low:g} to {high:g}", better, options)
        )
    heads = ["metric", "what it is", "kind", "range", "better", "options with defaults"]
    lines += table(heads, rows)
    lines += ["A metric of one's own is one file: [plug-ins](../how-to/plugins.md).", ""]
    return "\n".join(lines)


def recipe_page() -> str:
    """List the steps that a recipe may have."""
    from llmops_workbench.data.recipes import steps

    lines = [
        "# Steps of a recipe",
        "",
        "`prepare` takes a recipe: YAML with `steps:`, each a mapping from a step to its options.",
        "How to write one: [recipes](../how-to/recipes.md).",
        "",
    ]
    shipped = {n: s for n, s in steps.items() if s.apply.__module__.startswith(PACKAGE)}
    names = {step.options: name for name, step in reversed(shipped.items())}
    for name, step in shipped.items():
        lines += [f"## {name}", ""]
        if names[step.options] != name:
            lines += [f"The same as [{names[step.options]}](#{names[step.options]}).", ""]
            continue
        lines += [(inspect.getdoc(step.apply) or "").split("\n\n")[0], ""]
        texts = _attributes(step.options)
        rows = [
            (f"`{key}`", _holds(info.annotation, names), _default(info), texts.get(key, ""))
            for key, info in step.options.model_fields.items()
        ]
        lines += table(["option", "takes", "default", "what for"], rows)
        if step.options.shorthand:
            lines += [f"Given a bare value, it is `{step.options.shorthand}`.", ""]
    return "\n".join(lines).rstrip() + "\n"


def _holds(annotation: Any, names: dict[Any, str]) -> str:
    """Say what an option takes; the options of another step are those of its section."""
    words = holds(annotation)
    for kind, name in names.items():
        words = words.replace(
            f"[{kind.__name__}](#{kind.__name__.lower()})", f"options of [{name}](#{name})"
        )
    return words


def _attributes(kind: Any) -> dict[str, str]:
    from docstring_parser.google import parse

    found = parse(inspect.getdoc(kind) or "").params
    return {item.arg_name: " ".join((item.description or "").split()) for item in found}


def _default(info: Any) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True)
    return "none" if value is None else f"`{value!r}`"


def errors_page() -> str:
    """List the errors with what they mean to a shell and to HTTP."""
    rows = []
    for name, kind in vars(errors).items():
        if not (isinstance(kind, type) and issubclass(kind, errors.LLMOpsError)):
            continue
        found = errors.outcome(kind(""))
        text = (inspect.getdoc(kind) or "").split("\n\n")[0]
        rows.append((f"`{name}`", text, found.exit_code, found.status))
    return "\n".join(
        [
            "# Errors and exit codes",
            "",
            "An error is one line on standard error: the thing, its value, and what to do. With",
            "`--json`, the last line of standard output is an object with `error` and `exit_code`.",
            "`--debug` adds the traceback.",
            "",
            *table(
                ["exit code", "meaning"],
                [
                    (0, "Done. Failed rows are counted in `failed`, and said on standard error."),
                    (1, "The work failed, or somebody else was faster."),
                    (2, "Wrong usage, or the machine lacks something; nothing was done."),
                    (100, "A gate was not passed; its decision is kept and printed."),
                    (130, "Interrupted or cancelled; what was done so far is kept."),
                ],
            ),
            *table(["error", "meaning", "exit code", "HTTP status"], rows),
        ]
    )
