"""Prompts: templates with `{{variables}}`, versioned by content."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.places import names
from llmops_workbench.core.references import Reference, check_name
from llmops_workbench.tracking.catalogue import Version, catalogue
from llmops_workbench.tracking.hashing import text_hash

#: A text, or the messages of a chat, each `{"role": …, "content": …}`.
Template = str | list[dict[str, str]]


@dataclass(frozen=True)
class PromptVersion:
    """A prompt's template with what it needs.

    Attributes:
        ref: Its pinned reference.
        hash: `sha256-…` of the template.
        template: Text, or chat messages.
        variables: The names between double braces, in the order of their first appearance.
        meta: What else was kept with it, such as a description.
    """

    ref: Reference
    hash: str
    template: Template
    variables: tuple[str, ...]
    meta: dict[str, Any] = field(default_factory=dict)


def register(
    name: str,
    template: str | Sequence[Mapping[str, str]],
    *,
    meta: Mapping[str, Any] | None = None,
    parents: Iterable[str | Reference] = (),
    run_id: str | None = None,
    aliases: Iterable[str] = (),
) -> Version:
    """Keep a template as the next version of a prompt.

    Args:
        name: The prompt's name.
        template: Text with `{{variables}}`, or chat messages of such texts.
        meta: JSON values to keep with it.
        parents: What it was made from, such as the version that was edited.
        run_id: The run that made it; the current call's when left out.
        aliases: Aliases to set on the version.

    Raises:
        UsageError: the name cannot be one, or the template is empty or malformed.
    """
    check_name(name, "prompt")
    run_id = run_id or context.current().run_id
    return _keep(name, template, meta, parents, run_id, aliases)


def snapshot(template: str | Sequence[Mapping[str, str]]) -> Version:
    """Keep a literal template without a name, known as `prompt:@sha256-…`."""
    return _keep("", template, None, (), None, ())


def load(ref: str | Reference | Version) -> PromptVersion:
    """Read a prompt version.

    Raises:
        NotFoundError: the reference names nothing; says the nearest.
    """
    found = ref if isinstance(ref, Version) else catalogue().get(ref, "prompt")
    template = found.meta["template"]
    rest = {key: value for key, value in found.meta.items() if key not in {"template", "variables"}}
    return PromptVersion(found.ref, found.hash, template, variables(template), rest)


def variables(template: Template) -> tuple[str, ...]:
    """The variables of a template, in the order of their first appearance."""
    texts = [template] if isinstance(template, str) else [part["content"] for part in template]
    return tuple(names(texts))


def template_hash(template: Template) -> str:
    """The content hash of a template; a chat's message counts by role and content."""
    return text_hash(json.dumps(template, ensure_ascii=False, sort_keys=True))


def check_template(template: str | Sequence[Mapping[str, str]]) -> Template:
    """Give the template in the form that is kept.

    Raises:
        UsageError: it is empty, or a message lacks its role or its content.
    """
    if isinstance(template, str):
        if not template.strip():
            msg = "the prompt's template is empty: write its text"
            raise UsageError(msg)
        return template
    if not template:
        msg = "the prompt's template has no messages: give at least one"
        raise UsageError(msg)
    messages = []
    for number, message in enumerate(template, 1):
        if set(message) != {"role", "content"}:
            msg = f"message {number} of the template needs exactly 'role' and 'content'"
            raise UsageError(msg)
        kinds = {type(message["role"]), type(message["content"])}
        if kinds != {str}:
            msg = f"role and content of message {number} of the template are not both text"
            raise UsageError(msg)
        messages.append({"role": message["role"], "content": message["content"]})
    return messages


def _keep(
    name: str,
    template: str | Sequence[Mapping[str, str]],
    meta: Mapping[str, Any] | None,
    parents: Iterable[str | Reference],
    run_id: str | None,
    aliases: Iterable[str],
) -> Version:
    kept = check_template(template)
    facts = {**dict(meta or {}), "template": kept, "variables": list(variables(kept))}
    return catalogue().register(
        "prompt",
        name,
        hash=template_hash(kept),
        parents=parents,
        meta=facts,
        run_id=run_id,
        aliases=aliases,
    )
