"""All pages of the reference, and which of those in a folder are stale."""

from __future__ import annotations

import json
from pathlib import Path

from llmops_workbench.core import operations
from llmops_workbench.faces.arguments import SWITCHES, VALUES
from llmops_workbench.faces.reference import event_page, lists, verb_page
from llmops_workbench.faces.reference.markdown import table

COMMAND = "python -m llmops_workbench.faces.reference"

_LISTS = {
    "settings.md": ("settings", lists.settings_page),
    "metrics.md": ("metrics", lists.metrics_page),
    "recipe-steps.md": ("steps of a recipe", lists.recipe_page),
    "events.md": ("labels, traffic and audit", event_page.events_page),
    "errors.md": ("errors and exit codes", lists.errors_page),
}


def pages() -> dict[str, str]:
    """Make every page from the built-in operations and parts.

    Returns:
        Text by path relative to the folder of the reference; the same for the same code.
    """
    found = {"index.md": _index()}
    for name, (_, make) in _LISTS.items():
        found[name] = make().rstrip() + "\n"
    for name in operations.built_in():
        operation = operations.get(name)
        found[f"{name}.md"] = verb_page.page(operation)
        schema = json.dumps(operation.schema(), ensure_ascii=False, indent=1, sort_keys=True)
        found[f"schemas/{name}.json"] = schema + "\n"
    return found


def stale(folder: Path) -> dict[str, str | None]:
    """Compare a folder with the code.

    Returns:
        What each page that differs should hold; None for one that should not be there.
    """
    wanted = pages()
    found: dict[str, str | None] = {
        name: text
        for name, text in wanted.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    }
    for file in [*folder.glob("*.md"), *folder.glob("schemas/*.json")]:
        name = file.relative_to(folder).as_posix()
        if name not in wanted:
            found[name] = None
    return found


def _index() -> str:
    lines = [
        "# Reference",
        "",
        f"Made from the code by `{COMMAND}`; a test fails when a page is stale.",
        "",
        "Lists: " + ", ".join(f"[{title}]({name})" for name, (title, _) in _LISTS.items()) + ".",
        "",
    ]
    stages: dict[str, list[operations.Entry]] = {}
    for entry in operations.built_in().values():
        stages.setdefault(entry.stage, []).append(entry)
    for stage, entries in stages.items():
        lines += [f"## {stage}", ""]
        lines += table(
            ["verb", "what it does", "runs"],
            [(f"[`{one.name}`]({one.name}.md)", one.summary, one.runs) for one in entries],
        )
    common = [(f"`--{name} {value}`", text) for name, (value, text) in VALUES.items()]
    common += [(f"`--{name}`", text) for name, text in SWITCHES.items()]
    lines += [
        "## Common flags",
        "",
        *table(["flag", "what for"], common),
        "In a notebook, `-o NAME` stores the result under a name. In Python, `workspace=` and",
        "`detach=` are arguments of every verb.",
        "",
        "## References",
        "",
        "`kind:name@version` names one version for ever, `kind:name@alias` what the alias points",
        "at now, and a bare name the newest. Where a parameter takes one kind, its prefix may be",
        "left out. `name@version#split` is one split of a dataset.",
    ]
    return "\n".join(lines) + "\n"
