"""The operation `prompt`."""

import html
import re
from typing import Any, ClassVar

from llmops_workbench.core import context
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import FileText, PromptRef
from llmops_workbench.core.results import Result, Volatile

# A list of chat messages in YAML or JSON begins so; "[{{name}}] …" and "- a point" are plain text.
_CHAT = re.compile(r"""\s*(?:\[\s*\{|-\s+\{?)\s*["']?(?:role|content)["']?\s*:""")

# The face has put the text in place of a file's name; what still looks like a name is none.
_PATH = re.compile(r"[^\s{}]+(?:\.(?:txt|md|ya?ml|json|jinja2?|prompt)|[/\\][^\s{}]+)")


class PromptReport(Result):
    """A version of a prompt.

    Attributes:
        ref: Its reference.
        hash: The hash of the template.
        template: Text with {{names}}, or chat messages of such texts.
        variables: The names, in the order of their first use.
        versions: How many versions the prompt has.
        changes: Word by word against another version: `equal`, `delete` or `insert`, and the text.
    """

    view: ClassVar[str] = "prompt"

    ref: Volatile[str]
    hash: str
    template: str | list[dict[str, str]]
    variables: list[str]
    versions: Volatile[int]
    against: Volatile[str | None] = None
    changes: list[tuple[str, str]] = []

    def html_body(self) -> str:
        """Give the template, or what changed in it."""
        style = {
            "delete": "text-decoration:line-through;color:#b00020",
            "insert": "text-decoration:underline;color:#00695c",
        }
        if self.changes:
            text = "".join(
                f"<span style='{style.get(kind, '')}'>{html.escape(part)}</span>"
                for kind, part in self.changes
            )
        else:
            text = html.escape(_text(self.template))
        title = html.escape(self.ref + (f" against {self.against}" if self.against else ""))
        return f"<p><b>{title}</b></p><pre style='white-space:pre-wrap'>{text}</pre>"


@operation(stage="prompts", records=False)
def prompt(
    name: str,
    *,
    template: FileText | None = None,
    text: str = "",
    description: str = "",
    against: PromptRef | None = None,
) -> PromptReport:
    """Write, show or compare a prompt.

    With a template it becomes the prompt's next version; the same template again is the same
    version. Without one the prompt is shown.

    Args:
        name: What the prompt is called; to show one also NAME@VERSION.
        template: A file with the template: text with {{names}}, or a YAML or JSON list of chat
            messages with role and content. In a notebook it is the cell.
        text: The template itself, in place of a file.
        description: What the version is for.
        against: Another version to show the difference to.

    Raises:
        UsageError: The template is empty or not well formed.
        NotFoundError: There is no such prompt to show, or no such file.

    Example:
        llmops prompt triage --text 'Is this review positive or negative? {{text}}'
    """
    from llmops_workbench.core.references import check_name, parse
    from llmops_workbench.text.similarity import word_diff
    from llmops_workbench.tracking import prompts
    from llmops_workbench.tracking.catalogue import catalogue

    if template is not None and text:
        raise UsageError("the template was given twice, as a file and as text: give one of them")
    if template is not None and _PATH.fullmatch(template.strip()):
        raise NotFoundError(f"there is no file '{template.strip()}': give a template with --text")
    given = text if template is None else template.strip("\n")
    if given or template is not None:
        version = prompts.register(
            check_name(name, "prompt"),
            read_template(given),
            meta={"description": description} if description else {},
            run_id=context.current().run_id,
        )
        if description and version.meta.get("description") != description:
            context.warn(
                f"{version.ref} is the same template and keeps its description "
                f"'{version.meta.get('description', '')}'"
            )
    else:
        version = catalogue().get(parse(name, "prompt"))
    found = prompts.load(version)
    changes: list[tuple[str, str]] = []
    if against is not None:
        before = prompts.load(against)
        changes = [
            (part[0], part[1]) for part in word_diff(_text(before.template), _text(found.template))
        ]
    return PromptReport(
        ref=str(found.ref),
        hash=found.hash,
        template=found.template,
        variables=list(found.variables),
        versions=len(catalogue().versions("prompt", found.ref.name)) if found.ref.name else 1,
        against=str(against) if against is not None else None,
        changes=changes,
    )


def read_template(text: str) -> str | list[dict[str, str]]:
    """Read a template: a list of messages in YAML or JSON, or else text as it stands.

    Raises:
        UsageError: It begins like a list of messages but is none.
    """
    if not _CHAT.match(text):
        return text
    import yaml

    hint = "content with {{names}}, colons or quotes stands in quotes, or below 'content: |'"
    try:
        messages: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where is not None else ""
        raise UsageError(f"the list of messages cannot be read{line}: {hint}") from error
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        raise UsageError("a chat template is a list of messages, each with role and content")
    for number, turn in enumerate(messages, 1):
        if not all(isinstance(value, str) for value in turn.values()):
            raise UsageError(f"role and content of message {number} are not both text: {hint}")
    return messages


def _text(template: str | list[dict[str, str]]) -> str:
    if isinstance(template, str):
        return template
    return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in template)
