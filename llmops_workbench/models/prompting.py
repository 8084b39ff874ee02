"""From a template and a row to what an engine is asked, the same in every stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.text.templates import render, render_messages

if TYPE_CHECKING:
    from llmops_workbench.models.engine import Prompt

Template = str | Sequence[Mapping[str, str]]


def build_prompt(template: Template, row: Mapping[str, Any], *, chat: bool) -> Prompt:
    """Fill a template for one row.

    Args:
        template: Text with `{{name}}`, or chat messages of such texts.
        row: A value for each name.
        chat: Whether the model has a chat template. If so, a text becomes what the user says;
            if not, messages become plain text, one after another.

    Returns:
        Messages for a chat model, else text.

    Raises:
        UsageError: A name of the template has no value; the nearest is named.
    """
    if isinstance(template, str):
        text = render(template, row)
        return [{"role": "user", "content": text}] if chat else text
    messages = render_messages(template, row)
    if chat:
        return [{"role": turn["role"], "content": turn["content"]} for turn in messages]
    return "\n\n".join(turn["content"] for turn in messages)
