"""`prompt`: written, shown, compared word by word, in any script."""

from __future__ import annotations

from typing import Any

import pytest

from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.prompts.prompt import read_template
from llmops_workbench.tracking.catalogue import Catalogue

# One picture of three people, joined by zero-width characters.
FAMILY = "👩\u200d👩\u200d👧"


@pytest.fixture
def prompt(workspace: Workspace) -> Any:
    def call(name: str, **arguments: Any) -> Any:
        told: list[str] = []
        result = invoke(
            "prompt",
            {"name": name, **arguments},
            workspace=workspace,
            listener=lambda event: told.append(str(event.data.get("message"))),
        )
        call.told = "\n".join(told)  # type: ignore[attr-defined]
        return result

    return call


def test_a_template_becomes_a_version_and_the_same_one_stays_it(
    workspace: Workspace, prompt: Any
) -> None:
    first = prompt("triage", text="Is {{text}} good?", description="short")
    assert (first.ref, first.versions, first.variables) == ("prompt:triage@1", 1, ["text"])
    again = prompt("triage", text="Is {{text}} good?", description="other words")
    assert (again.ref, again.hash, again.versions) == (first.ref, first.hash, 1)
    assert "keeps its description 'short'" in prompt.told
    second = prompt("triage", text="{{question}} {{text}} {{question}}")
    assert (second.ref, second.variables) == ("prompt:triage@2", ["question", "text"])
    assert second.hash != first.hash
    assert prompt("triage").ref == "prompt:triage@2"
    shown = prompt("triage@1")
    assert (shown.ref, shown.template, shown.hash) == (first.ref, "Is {{text}} good?", first.hash)
    assert Catalogue(workspace).get("prompt:triage@1").meta["description"] == "short"
    assert prompt("other", text="Is {{text}} good?").hash == first.hash


def test_a_chat_in_yaml_or_json(prompt: Any) -> None:
    written = (
        "- role: system\n  content: You sort reviews.\n- role: user\n  content: '评价：{{text}}'\n"
    )
    expected = [
        {"role": "system", "content": "You sort reviews."},
        {"role": "user", "content": "评价：{{text}}"},
    ]
    chat = prompt("chat", template=written)
    assert (chat.template, chat.variables) == (expected, ["text"])
    turns = (
        '[{"role": "system", "content": "You sort reviews."},'
        ' {"role": "user", "content": "评价：{{text}}"}]'
    )
    assert prompt("chat", text=turns).ref == "prompt:chat@1", "the same in JSON"
    assert "system: You sort reviews." in chat.html_body()
    assert prompt("file", template="\n\nIs {{text}} good?\n\n").template == "Is {{text}} good?"


@pytest.mark.parametrize(
    "text",
    [
        "[{{name}}] is this good?",
        "[{not json} {{text}}",
        "- roleplay as a critic of {{text}}",
        "- content is king: {{text}}",
        "- one\n- two {{text}}",
        "role: user, says {{text}}",
        '{"q": "{{text}}"}',
    ],
)
def test_text_that_looks_a_little_like_a_chat_is_text(text: str) -> None:
    assert read_template(text) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- role: user\n  content: {{text}}\n", "stands in quotes"),
        ("- role: user\n  content: 5\n", "message 1 are not both text"),
        ("- role: user\n  content: [a\n", "cannot be read"),
        ("- role: user\n  content: a\n- words\n", "a list of messages"),
        ("- role: user\n  contents: a\n", "needs exactly 'role' and 'content'"),
        ("- content: a\n", "needs exactly"),
    ],
)
def test_a_chat_that_is_not_well_formed_is_said(prompt: Any, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        prompt("chat", text=text)
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message


def applied(changes: list[tuple[str, str]]) -> tuple[str, str]:
    """What the changes say that stood before, and what stands now."""
    before = "".join(text for kind, text in changes if kind != "insert")
    after = "".join(text for kind, text in changes if kind != "delete")
    return before, after


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("Is this good? {{text}}", "Is this bad? {{text}}", "{{text}}"),
        ("请判断是好评还是差评：{{text}}", "请判断是影评还是差评：{{text}}", "请判断"),
        ("รีวิวนี้ดีหรือไม่ {{text}}", "รีวิวนี้แย่หรือไม่ {{text}}", "{{text}}"),
        ("Это хороший отзыв? {{text}}", "Это плохой отзыв? {{text}}", "отзыв"),
        (f"e\u0301t\u00e9 {FAMILY} {{{{text}}}}", f"\u00e9t\u00e9 {FAMILY} {{{{text}}}}", FAMILY),
        ("<b>{{text}}</b>", "<i>{{text}}</i>", "{{text}}"),
    ],
)  # fmt: skip
def test_the_difference_is_whole_in_any_script(
    prompt: Any, before: str, after: str, kept: str
) -> None:
    prompt("p", text=before)
    report = prompt("p", text=after, against="p@1")
    assert report.against == "prompt:p@1"
    assert applied(report.changes) == (before, after)
    assert kept in "".join(text for kind, text in report.changes if kind == "equal")
    assert {kind for kind, _ in report.changes} >= {"delete", "insert"}
    page = report.html_body()
    assert "<b>{{" not in page
    assert "line-through" in page
    back = prompt("p@1", against="p@2")
    assert applied(back.changes) == (after, before)


def test_the_difference_to_itself_is_none(prompt: Any) -> None:
    prompt("p", text="Is {{text}} good?")
    assert [kind for kind, _ in prompt("p", against="p").changes] == ["equal"]
    chat = "- role: user\n  content: Is '{{text}}' bad?\n"
    changes = prompt("p", text=chat, against="p@1").changes
    assert applied(changes) == ("Is {{text}} good?", "user: Is '{{text}}' bad?")


def test_what_is_wrong_is_said(prompt: Any) -> None:
    prompt("triage", text="{{text}}?")
    with pytest.raises(NotFoundError, match="did you mean 'triage'"):
        prompt("triagge")
    with pytest.raises(NotFoundError, match="has no version 4"):
        prompt("triage@4")
    with pytest.raises(UsageError, match="given twice"):
        prompt("triage", template="{{a}} b", text="{{a}} c")
    for name in ("prompt.txt", "a/chat", "./chat.yaml"):
        with pytest.raises(NotFoundError, match="there is no file"):
            prompt("triage", template=name)
    with pytest.raises(UsageError, match="empty"):
        prompt("triage", template=" \n ")
    with pytest.raises(UsageError, match="empty"):
        prompt("triage", template="\n")
    with pytest.raises(UsageError, match="cannot be a name"):
        prompt("triage@2", text="{{text}}!")
    assert prompt("triage").versions == 1
